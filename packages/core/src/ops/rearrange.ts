/** Rearrangements made of slices, broadcasting and concatenation. */
import { makeNode, type Node } from '../graph/node.ts';
import type { Shape } from '../tensor/shape.ts';
import { expandNode } from './broadcast.ts';
import { concat, permuteNode, reshapeNode } from './shape-ops.ts';
import { slice, sliceAxisNode } from './slice.ts';

/** Reversed along the axes. */
export function flipNode(x: Node, axes: readonly number[]): Node {
  const turned = axes.filter((axis) => x.shape[axis]! > 1);
  if (turned.length === 0) return x;
  return makeNode(slice, [x], {
    start: x.shape.map((extent, axis) => (turned.includes(axis) ? extent - 1 : 0)),
    step: x.shape.map((_, axis) => (turned.includes(axis) ? -1 : 1)),
    shape: x.shape,
  });
}

/** Moved by `shift` places along an axis, round the end. */
export function rollNode(x: Node, axis: number, shift: number): Node {
  const extent = x.shape[axis]!;
  const by = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (by === 0) return x;
  const head = sliceAxisNode(x, axis, { start: extent - by, count: by });
  const tail = sliceAxisNode(x, axis, { start: 0, count: extent - by });
  return makeNode(concat, [head, tail], { axis });
}

/** Laid end to end counts[i] times along axis i, of at least as many axes as x has. */
export function repeatNode(x: Node, counts: Shape): Node {
  const lead = counts.length - x.shape.length;
  const extents = counts.map((_, axis) => (axis < lead ? 1 : x.shape[axis - lead]!));
  // An axis that is repeated becomes two, [count, extent]; the others stay one, so that samples stay apart.
  const split = counts.flatMap((count, axis) => (count === 1 ? [extents[axis]!] : [1, extents[axis]!]));
  const spread = counts.flatMap((count, axis) => (count === 1 ? [extents[axis]!] : [count, extents[axis]!]));
  const repeated = expandNode(reshapeNode(x, split), spread);
  return reshapeNode(
    repeated,
    counts.map((count, axis) => count * extents[axis]!),
  );
}

/** The elements x[… , i, i + offset, …] of two axes, as a last axis in place of both; i from the first that exists. */
export function diagonalNode(x: Node, axes: readonly [number, number], offset: number): Node {
  const [a, b] = axes;
  const [rows, columns] = [x.shape[a]!, x.shape[b]!];
  const rest = x.shape.map((_, axis) => axis).filter((axis) => axis !== a && axis !== b);
  const lead = rest.map((axis) => x.shape[axis]!);
  const flat = reshapeNode(permuteNode(x, [...rest, a, b]), [...lead, rows * columns]);
  const count = diagonalLength(rows, columns, offset);
  const start = offset >= 0 ? offset : -offset * columns;
  return sliceAxisNode(flat, lead.length, { start: count === 0 ? 0 : start, count, step: columns + 1 });
}

/** How many elements the diagonal `offset` places right of the main one has. */
function diagonalLength(rows: number, columns: number, offset: number): number {
  return Math.max(0, Math.min(rows + Math.min(0, offset), columns - Math.max(0, offset)));
}

/** Applies `build` to x with an axis moved last, and moves it back; a single number is a row of one. */
export function alongLast(x: Node, axis: number, build: (rows: Node) => Node): Node {
  if (x.shape.length === 0) return reshapeNode(build(reshapeNode(x, [1])), []);
  const last = x.shape.length - 1;
  const order = x.shape.map((_, i) => i);
  [order[axis], order[last]] = [last, axis];
  return permuteNode(build(permuteNode(x, order)), order);
}
