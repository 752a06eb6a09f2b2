/** Running sums and products along the last axis, and the product over axes. */
import type { Pointer } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { lastOf, sizeOf } from '../tensor/shape.ts';
import {
  grouped,
  type ReduceAttrs,
  type ReduceOptions,
  reducedShape,
  reduceRange,
  samplewiseOuter,
} from './broadcast.ts';
import { type LowerContext, type Op, samplewiseRows, type Tile } from './define-op.ts';
import { permuteNode, reshapeNode } from './shape-ops.ts';
import { unslice } from './slice.ts';
import { elementRange, elementTiles, evenTiles } from './tiles.ts';

const pieceElements = 4096;

/** Pieces of whole rows of the last axis. */
export function lastAxisTiles(node: Node): Tile[] {
  const n = lastOf(node.shape);
  return n === 0 ? [] : evenTiles(sizeOf(node.shape), Math.max(1, Math.floor(pieceElements / n)) * n);
}

/** Rows of the last axis lie within samples. */
export function samplewiseLastAxis(node: Node, split: readonly boolean[], batch: number): boolean {
  return node.shape.length > 1 && split.every((part) => part === split[0]) && samplewiseRows(node, split, batch);
}

interface Rows {
  readonly first: number;
  readonly out: Pointer;
  readonly rows: number;
  readonly n: number;
}

/** The rows of the last axis that this task computes; they begin at element `first`. */
export function lastAxisRows(node: Node, at: LowerContext): Rows {
  const n = lastOf(node.shape);
  const { first, count, out } = elementRange(node, at);
  return { first, out, n, rows: n === 0 ? 0 : count / n };
}

/** Σ of the elements up to each one, or from each one on. */
export const cumulativeSum: Op<{ backwards: boolean }> = {
  name: 'cumulativeSum',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(cumulativeSum, [dy], { backwards: !node.attrs.backwards })],
  samplewise: samplewiseLastAxis,
  tiles: lastAxisTiles,
  lower(node, at) {
    const { first, out, rows, n } = lastAxisRows(node, at);
    at.call('cumulativeSum', at.base(node.inputs[0]!) + first * 4, out, rows, n, node.attrs.backwards ? 1 : 0);
  },
};

/** Π of the elements up to each one. */
export const cumulativeProduct: Op<object> = {
  name: 'cumulativeProduct',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(cumulativeProductGrad, [dy, node.inputs[0]!], {})],
  samplewise: samplewiseLastAxis,
  tiles: lastAxisTiles,
  lower(node, at) {
    const { first, out, rows, n } = lastAxisRows(node, at);
    at.call('cumulativeProduct', at.base(node.inputs[0]!) + first * 4, out, rows, n);
  },
};

const cumulativeProductGrad: Op<object> = {
  name: 'cumulativeProductGrad',
  infer: ([dy]) => ({ shape: dy!.shape, dtype: 'f32' }),
  samplewise: (node, split, batch) =>
    node.shape.length > 1 && split.some(Boolean) && samplewiseRows(node, [true, true], batch),
  tiles: lastAxisTiles,
  lower(node, at) {
    const [dy, x] = node.inputs as [Node, Node];
    const { first, out, rows, n } = lastAxisRows(node, at);
    at.call('cumulativeProductGrad', at.base(dy) + first * 4, at.base(x) + first * 4, out, rows, n);
  },
};

const reduceProd: Op<ReduceAttrs> = {
  name: 'prod',
  infer: (_inputs, { outer, inner }) => ({ shape: [outer, inner], dtype: 'f32' }),
  // The last element of a running product: no division, so that zeros do no harm.
  gradient(node, dy) {
    const { outer, length, inner } = node.attrs;
    if (length === 0) return [null];
    const x = permuteNode(reshapeNode(node.inputs[0]!, [outer, length, inner]), [0, 2, 1]);
    const attrs = { start: [0, 0, length - 1], step: [1, 1, 1], shape: [outer, inner, length] };
    const last = makeNode(unslice, [reshapeNode(dy, [outer, inner, 1])], attrs);
    const dx = makeNode(cumulativeProductGrad, [last, x], {});
    return [reshapeNode(permuteNode(dx, [0, 2, 1]), node.inputs[0]!.shape)];
  },
  samplewise: samplewiseOuter,
  tiles: elementTiles,
  lower(node, at) {
    const { x, out, first, count } = reduceRange(node, at);
    at.call('reduceProd', x, out, node.attrs.length, node.attrs.inner, first, count);
  },
};

/** Π x over the axes. */
export function prodNode(x: Node, options: ReduceOptions): Node {
  const { x: source, outer, length, inner } = grouped(x, options.axes);
  return reshapeNode(makeNode(reduceProd, [source], { outer, length, inner }), reducedShape(x, options));
}
