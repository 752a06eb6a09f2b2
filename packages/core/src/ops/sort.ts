/** The order of elements along the last axis. */
import { makeNode, type Node } from '../graph/node.ts';
import type { Op } from './define-op.ts';
import { gatherNode } from './gather.ts';
import { alongLast } from './rearrange.ts';
import { lastAxisRows, lastAxisTiles, samplewiseLastAxis } from './scan.ts';

const argSort: Op<{ descending: boolean }> = {
  name: 'argSort',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'i32' }),
  samplewise: samplewiseLastAxis,
  tiles: lastAxisTiles,
  lower(node, at) {
    const { first, out, rows, n } = lastAxisRows(node, at);
    const x = at.base(node.inputs[0]!) + first * 4;
    at.call('argSort', x, out, rows, n, node.attrs.descending ? 1 : 0, at.scratch(4 * n));
  },
};

/** i32 positions along an axis in the order of the elements; equal ones stay in place, NaN is the largest. */
export function argSortNode(x: Node, axis: number, descending: boolean): Node {
  return alongLast(x, axis, (rows) => makeNode(argSort, [rows], { descending }));
}

/** The elements in the order of `indices`. */
export function sortedNode(x: Node, axis: number, indices: Node): Node {
  return x.shape.length === 0 ? x : gatherNode(x, axis, indices);
}
