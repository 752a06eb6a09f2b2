/**
 * What ops that draw random numbers have in common: a number belongs to a row of axis 0 and an element of the row (channels-last in images,
 * so that the fast layout needs no conversion), under a seed, a call site and a step. So it depends on no cut into tasks.
 */
import type { Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { type Seed, streamKey, workerSeed } from '../random/streams.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { LowerContext, Tile } from './define-op.ts';

/** `sample`: the mask depends on a sample's place in the global batch. `worker`: on the logical shard and the place within it. */
export type RandomScope = 'sample' | 'worker';

/** What a call draws by. */
export interface DrawAttrs {
  readonly seed: Seed;
  /** The number of the call in trace order. */
  readonly site: number;
  readonly scope: RandomScope;
}

/** The rows that a task draws. */
export interface DrawnRows {
  readonly rows: number;
  /** Elements of a row. */
  readonly n: number;
  /** The number of the first row. */
  readonly firstRow: number;
  /** The two words of the stream's key. */
  readonly key: Pointer;
  /** Bytes of the rows before the task's tile. */
  readonly skippedBytes: number;
}

export function drawnRows(node: Node, at: LowerContext, { seed, scope }: DrawAttrs): DrawnRows {
  const { rows, n } = rowsOf(node);
  const keySeed = scope === 'worker' ? workerSeed(seed, at.shard) : seed;
  const key = at.constant(`key ${keySeed}`, () => new Uint32Array(streamKey(keySeed, 'dropout')));
  if (at.tile) {
    const { first, count } = at.tile;
    return { rows: count / n, n, firstRow: first / n, key, skippedBytes: first * 4 };
  }
  const perSample = rows / at.total;
  const firstRow = scope === 'worker' ? 0 : at.first * perSample;
  return { rows: perSample * at.count, n, firstRow, key, skippedBytes: 0 };
}

/** Axis 0 counts the rows; a rank-0 tensor is one row. */
function rowsOf({ shape }: Node): { rows: number; n: number } {
  const rows = shape[0] ?? 1;
  return { rows, n: rows === 0 ? 0 : sizeOf(shape) / rows };
}

/** Rows of a weight that a tile holds whole: two panels of 16, as packed weights want them. */
const tileRows = 32;
const tileElements = 16384;

/** Pieces of whole rows, so that a parameter's mask is the work of many tasks. */
export function drawTiles(node: Node): Tile[] {
  const { rows, n } = rowsOf(node);
  if (rows * n === 0) return [];
  const perTile = tileRows * Math.ceil(tileElements / (tileRows * n));
  const tiles: Tile[] = [];
  for (let row = 0; row < rows; row += perTile)
    tiles.push({ first: row * n, count: Math.min(perTile, rows - row) * n });
  return tiles;
}
