/** Triangles of matrices, and matrices made of a diagonal. */
import { makeNode, type Node } from '../graph/node.ts';
import { type Op, samplewiseRows } from './define-op.ts';
import { reshapeNode } from './shape-ops.ts';
import { unslice } from './slice.ts';
import { elementRange, elementTiles } from './tiles.ts';

interface TriangleAttrs {
  readonly diagonal: number;
  readonly upper: boolean;
}

/** The last two axes are matrices: zeros outside of a triangle. */
const triangle: Op<TriangleAttrs> = {
  name: 'triangle',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  gradient: (node, dy) => [makeNode(triangle, [dy], node.attrs)],
  samplewise: (node, split, batch) => node.shape.length > 2 && samplewiseRows(node, split, batch),
  tiles: elementTiles,
  lower(node, at) {
    const [rows, columns] = node.shape.slice(-2) as [number, number];
    const { diagonal, upper } = node.attrs;
    const { first, count, out } = elementRange(node, at);
    const x = at.base(node.inputs[0]!) + first * 4;
    at.call('triangle', x, out, rows, columns, diagonal, upper ? 1 : 0, first, count);
  },
};

export function triangleNode(x: Node, attrs: TriangleAttrs): Node {
  return makeNode(triangle, [x], attrs);
}

/** The square matrix with the vector x on the diagonal `offset` places right of the main one, zeros elsewhere. */
export function diagonalMatrixNode(x: Node, offset: number): Node {
  const count = x.shape[0]!;
  const size = count + Math.abs(offset);
  const start = offset >= 0 ? offset : -offset * size;
  const flat = makeNode(unslice, [x], { start: [start], step: [size + 1], shape: [size * size] });
  return reshapeNode(flat, [size, size]);
}
