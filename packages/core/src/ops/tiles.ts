/** The pieces in which whole-batch results are computed where every element is on its own: contiguous runs of elements. */
import type { Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { LowerContext, Tile } from './define-op.ts';

/** Elements of one piece: enough to be worth a task, few enough to occupy all workers. */
const tileElements = 4096;

export function elementTiles(node: Node): Tile[] {
  return evenTiles(sizeOf(node.shape), tileElements);
}

/** Runs of `most` elements; the last one may be shorter. */
export function evenTiles(size: number, most: number): Tile[] {
  const tiles: Tile[] = [];
  for (let first = 0; first < size; first += most) tiles.push({ first, count: Math.min(most, size - first) });
  return tiles;
}

export interface ElementRange {
  /** Elements [first, first + count) of the result, and where they are written. */
  readonly first: number;
  readonly count: number;
  readonly out: Pointer;
}

/** The elements of the result that this task computes: its tile, or its samples. */
export function elementRange(node: Node, at: LowerContext): ElementRange {
  if (at.tile) {
    const { first, count } = at.tile;
    return { first, count, out: at.base(node) + first * bytesPerElement[node.dtype] };
  }
  const first = (sizeOf(node.shape) / at.total) * at.first;
  return { first, count: at.elements(node), out: at.start(node) };
}
