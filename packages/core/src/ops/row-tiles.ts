/** How results that one owner sums over the whole batch are cut: into pieces of whole rows. */
import type { Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tile } from './define-op.ts';

/** Rows of a weight that one task owns: two panels of 16. */
export const ownedRows = 32;

/** Pieces of whole rows of a [rows, …] result. */
export function rowTiles(node: Node, rowsPerTile: number): Tile[] {
  const rows = node.shape[0]!;
  const rowSize = sizeOf(node.shape) / rows;
  const tiles: Tile[] = [];
  for (let row = 0; rowSize > 0 && row < rows; row += rowsPerTile) {
    tiles.push({ first: row * rowSize, count: Math.min(rowsPerTile, rows - row) * rowSize });
  }
  return tiles;
}

/** Rows per chunk of a sum over the batch: a constant of the format, never a function of workers or shards. */
export const chunkRows = 256;
