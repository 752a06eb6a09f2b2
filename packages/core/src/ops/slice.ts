/** Parts of a tensor at regular distances, and their gradient. */
import { makeNode, type Node } from '../graph/node.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { keepsRows, type Op } from './define-op.ts';
import { gather, scatter } from './strided.ts';
import { elementRange, elementTiles, evenTiles } from './tiles.ts';

/** Elements start, start + step, … of each axis; `shape` of them. A step may be negative. */
export interface SliceAttrs {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly shape: Shape;
}

export const slice: Op<SliceAttrs> = {
  name: 'slice',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  gradient: (node, dy) => [makeNode(unslice, [dy], { ...node.attrs, shape: node.inputs[0]!.shape })],
  view(node) {
    // Rows of axis 0 are contiguous: a slice of them is a view.
    const { start, step, shape } = node.attrs;
    const from = node.inputs[0]!.shape;
    const inner = shape.slice(1);
    const rows = step[0] === 1 && shape.length > 0 && sameShape(inner, from.slice(1)) && step.every((s) => s > 0);
    return rows ? { offsetBytes: start[0]! * sizeOf(inner) * bytesPerElement[node.dtype] } : null;
  },
  samplewise: keepsSamples,
  tiles: elementTiles,
  lower(node, at) {
    const { strides, offset } = stridesAndOffset(node.attrs, node.inputs[0]!.shape);
    gather(at, node, strides, at.base(node.inputs[0]!) + offset * bytesPerElement[node.dtype]);
  },
};

/** The gradient of slice, f32: zeros of the shape with the input put in its place. */
export const unslice: Op<SliceAttrs> = {
  name: 'unslice',
  infer: ([dy], { shape }) => ({ shape, dtype: dy!.dtype }),
  samplewise: keepsSamples,
  gradient: (node, dy) => [makeNode(slice, [dy], { ...node.attrs, shape: node.inputs[0]!.shape })],
  tiles(node) {
    const row = sizeOf(node.shape) / (node.shape[0] || 1);
    return row === 0 ? [] : evenTiles(sizeOf(node.shape), Math.max(1, Math.floor(pieceElements / row)) * row);
  },
  lower(node, at) {
    const dy = node.inputs[0]!;
    const { first, count, out } = elementRange(node, at);
    at.call('fill', out, count, 0);
    const { strides, offset } = stridesAndOffset(node.attrs, node.shape);
    const range = at.tile && node.shape.length > 0 ? rowsWithin(node, first, count) : undefined;
    scatter(at, { source: dy, strides, out: at.base(node) + offset * 4, ...(range && { range }) });
  },
};

const pieceElements = 4096;

/** The elements of the input that lie in elements [first, first + count) of the result: whole rows of both. */
function rowsWithin(node: Node<SliceAttrs>, first: number, count: number): { first: number; count: number } {
  const row = sizeOf(node.shape) / node.shape[0]!;
  const [from, to] = [first / row, (first + count) / row];
  const dy = node.inputs[0]!;
  const [start, step] = [node.attrs.start[0]!, node.attrs.step[0]!];
  // Row i lies at start + step · i. With a negative step the last rows come first.
  const bound = (value: number) => Math.min(dy.shape[0]!, Math.max(0, Math.ceil(value)));
  const firstRow = bound(step > 0 ? (from - start) / step : (to - 1 - start) / step);
  const endRow = bound(step > 0 ? (to - start) / step : (from - 1 - start) / step);
  const inner = sizeOf(dy.shape.slice(1));
  return { first: firstRow * inner, count: Math.max(0, endRow - firstRow) * inner };
}

/** Elements start, start + step, … of one axis, `count` of them. */
export function sliceAxisNode(x: Node, axis: number, range: { start: number; count: number; step?: number }): Node {
  const { start, count, step = 1 } = range;
  if (start === 0 && step === 1 && count === x.shape[axis]) return x;
  return makeNode(slice, [x], {
    start: x.shape.map((_, i) => (i === axis ? start : 0)),
    step: x.shape.map((_, i) => (i === axis ? step : 1)),
    shape: x.shape.map((extent, i) => (i === axis ? count : extent)),
  });
}

function keepsSamples(node: Node<SliceAttrs>, split: readonly boolean[], batch: number): boolean {
  const { step } = node.attrs;
  return split[0] === true && step[0] === 1 && node.shape[0] === node.inputs[0]!.shape[0] && keepsRows(node, batch);
}

function stridesAndOffset(attrs: SliceAttrs, from: Shape): { strides: number[]; offset: number } {
  const own = stridesOf(from);
  return {
    strides: own.map((stride, axis) => stride * attrs.step[axis]!),
    offset: own.reduce((sum, stride, axis) => sum + stride * attrs.start[axis]!, 0),
  };
}
