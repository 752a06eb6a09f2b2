/**
 * Broadcasting and summation, each the other's gradient: expand repeats elements along axes, sum and mean add them up.
 * Sums run in f64, in ascending order of the reduced index.
 */
import { f32Bits, type Pointer } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { broadcastStrides, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { keepsRows, type LowerContext, type Op } from './define-op.ts';
import { permuteNode, reshapeNode } from './shape-ops.ts';
import { constantOf, fullNode } from './source.ts';
import { gather } from './strided.ts';
import { type ElementRange, elementRange, elementTiles } from './tiles.ts';

/** The input is read as [outer, length, inner]; the result is [outer, inner]. */
export interface ReduceAttrs {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** Samples stay apart when they are split along `outer`. */
export function samplewiseOuter(node: Node<ReduceAttrs>, split: readonly boolean[], batch: number): boolean {
  return split[0] === true && node.attrs.outer % batch === 0;
}

interface ReduceRange extends ElementRange {
  readonly x: Pointer;
}

/** The results this task computes, and where x and the results lie. */
export function reduceRange(node: Node<ReduceAttrs>, at: LowerContext): ReduceRange {
  return { x: at.base(node.inputs[0]!), ...elementRange(node, at) };
}

const reduceSum: Op<ReduceAttrs & { scale: number }> = {
  name: 'sum',
  infer: (_inputs, { outer, inner }) => ({ shape: [outer, inner], dtype: 'f32' }),
  gradient(node, dy) {
    const { outer, length, inner, scale } = node.attrs;
    const scaled =
      scale === 1 ? dy : sumNode(reshapeNode(dy, [outer, 1, inner]), { axes: [1], keepDims: false, scale });
    const spread = expandNode(reshapeNode(scaled, [outer, 1, inner]), [outer, length, inner]);
    return [reshapeNode(spread, node.inputs[0]!.shape)];
  },
  samplewise: samplewiseOuter,
  tiles: elementTiles,
  lower(node, at) {
    const { x, out, first, count } = reduceRange(node, at);
    at.call('reduceSum', x, out, node.attrs.length, node.attrs.inner, first, count, f32Bits(node.attrs.scale));
  },
};

/** Brings the axes together: permutes when they are not neighbours, and reads the input as [outer, length, inner]. */
export function grouped(x: Node, axes: readonly number[]): { x: Node } & ReduceAttrs {
  const neighbours = axes.every((axis, i) => i === 0 || axis === axes[i - 1]! + 1);
  if (!neighbours) {
    const rest = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const moved = permuteNode(x, [...rest, ...axes]);
    const last = axes.map((_, i) => rest.length + i);
    return grouped(moved, last);
  }
  const from = axes[0] ?? 0;
  const to = axes.length > 0 ? axes[axes.length - 1]! + 1 : 0;
  return {
    x,
    outer: sizeOf(x.shape.slice(0, from)),
    length: sizeOf(x.shape.slice(from, to)),
    inner: sizeOf(x.shape.slice(to)),
  };
}

export interface ReduceOptions {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

export function reducedShape(x: Node, { axes, keepDims }: ReduceOptions): number[] {
  const kept = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

/** Σ x · scale over the axes. */
export function sumNode(x: Node, options: ReduceOptions & { scale?: number }): Node {
  const shape = reducedShape(x, options);
  const scale = options.scale ?? 1;
  if (options.axes.length === 0 && scale === 1) return reshapeNode(x, shape);
  const constant = constantOf(x);
  const { x: source, outer, length, inner } = grouped(x, options.axes);
  if (constant !== undefined) return fullNode(shape, Math.fround(constant * length * scale));
  return reshapeNode(makeNode(reduceSum, [source], { outer, length, inner, scale }), shape);
}

export function meanNode(x: Node, options: ReduceOptions): Node {
  const length = options.axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return sumNode(x, { ...options, scale: Math.fround(1 / length) });
}

/** Repeats axes of extent 1 (and adds leading ones) up to `shape`, as broadcasting does. */
export const expand: Op<{ shape: Shape }> = {
  name: 'expand',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  gradient: (node, dy) => [sumTo(dy, node.inputs[0]!.shape)],
  samplewise: (node, split, batch) =>
    split[0] === true && node.inputs[0]!.shape.length === node.shape.length && keepsRows(node, batch),
  tiles: elementTiles,
  lower(node, at) {
    const x = node.inputs[0]!;
    gather(at, node, broadcastStrides(x.shape, node.shape), at.base(x));
  },
};

export function expandNode(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const constant = constantOf(x);
  return constant === undefined ? makeNode(expand, [x], { shape }) : fullNode(shape, constant);
}

/** Sums a gradient over the axes that broadcasting repeated. */
export function sumTo(dy: Node, shape: Shape): Node {
  if (sameShape(dy.shape, shape)) return dy;
  const lead = dy.shape.length - shape.length;
  const axes = dy.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && dy.shape[axis] !== 1));
  return reshapeNode(sumNode(dy, { axes, keepDims: true }), shape);
}
