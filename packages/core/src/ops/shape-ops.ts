/** Ops that only move elements: reshape (a view), permute, slice, concatenate. Their gradients are each other. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { keepsRows, type LowerContext, type Op, samplewiseElements } from './define-op.ts';
import { constantOf, fullNode } from './source.ts';

/** The same elements under another shape; no kernel runs. */
export const reshape: Op<{ shape: Shape }> = {
  name: 'reshape',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  gradient: (node, dy) => [reshapeNode(dy, node.inputs[0]!.shape)],
  view: () => ({ offsetBytes: 0 }),
  samplewise: samplewiseElements,
  lower(node, at) {
    const x = node.inputs[0]!;
    at.call('copy', at.start(x), at.start(node), at.elements(node) * bytesPerElement[node.dtype]);
  },
};

/**
 * x under another shape. There and back is x itself: a chain of layers over sequences, which are images of one row, stays in the layout of
 * images.
 */
export function reshapeNode(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const source = reshapedFrom(x);
  if (source && sameShape(source.shape, shape)) return source;
  const constant = constantOf(x);
  return constant === undefined ? makeNode(reshape, [x], { shape }) : fullNode(shape, constant);
}

/** What x, if it is still to be computed, is a reshape of. */
export function reshapedFrom(x: Node): Node | undefined {
  return x.op === (reshape as Op<unknown>) && !x.storage ? x.inputs[0] : undefined;
}

/** The same value, through which no gradient flows. */
export const detach: Op<object> = {
  name: 'detach',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  gradient: () => [null],
  view: () => ({ offsetBytes: 0 }),
  samplewise: samplewiseElements,
  layout: () => 'same',
  lower: reshape.lower as Op<object>['lower'],
};

/** Axes in another order: axis i of the result is axis order[i] of the input. */
export const permute: Op<{ order: readonly number[] }> = {
  name: 'permute',
  infer: ([x], { order }) => ({ shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
  gradient(node, dy) {
    const inverse = node.attrs.order.map((_, axis) => node.attrs.order.indexOf(axis));
    return [permuteNode(dy, inverse)];
  },
  samplewise: (node, split, batch) => split[0] === true && node.attrs.order[0] === 0 && keepsRows(node, batch),
  lower(node, at) {
    const x = node.inputs[0]!;
    const strides = stridesOf(x.shape);
    gather(
      at,
      node,
      node.attrs.order.map((axis) => strides[axis]!),
      at.base(x),
    );
  },
};

export function permuteNode(x: Node, order: readonly number[]): Node {
  if (order.every((axis, i) => axis === i)) return x;
  const constant = constantOf(x);
  const shape = order.map((axis) => x.shape[axis]!);
  return constant === undefined ? makeNode(permute, [x], { order }) : fullNode(shape, constant);
}

/** Elements start, start + step, … of each axis; `shape` of them. */
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
    const rows = step[0] === 1 && shape.length > 0 && sameShape(inner, from.slice(1));
    return rows ? { offsetBytes: start[0]! * sizeOf(inner) * bytesPerElement[node.dtype] } : null;
  },
  samplewise: sliceKeepsSamples,
  lower(node, at) {
    const { strides, offset } = sliceStrides(node.attrs, node.inputs[0]!.shape);
    gather(at, node, strides, at.base(node.inputs[0]!) + offset * bytesPerElement[node.dtype]);
  },
};

/** The gradient of slice: zeros of the input's shape with dy put back in place. */
const unslice: Op<SliceAttrs> = {
  name: 'unslice',
  infer: ([dy], { shape }) => ({ shape, dtype: dy!.dtype }),
  samplewise: sliceKeepsSamples,
  gradient: (node, dy) => [makeNode(slice, [dy], { ...node.attrs, shape: node.inputs[0]!.shape })],
  lower(node, at) {
    const dy = node.inputs[0]!;
    at.call('fill', at.start(node), at.elements(node), 0);
    const { strides, offset } = sliceStrides(node.attrs, node.shape);
    scatter(at, { source: dy, strides, out: at.base(node) + offset * 4 });
  },
};

function sliceKeepsSamples(node: Node<SliceAttrs>, split: readonly boolean[], batch: number): boolean {
  return split[0] === true && node.shape[0] === node.inputs[0]!.shape[0] && keepsRows(node, batch);
}

function sliceStrides(attrs: SliceAttrs, from: Shape): { strides: number[]; offset: number } {
  const own = stridesOf(from);
  return {
    strides: own.map((stride, axis) => stride * attrs.step[axis]!),
    offset: own.reduce((sum, stride, axis) => sum + stride * attrs.start[axis]!, 0),
  };
}

/** Tensors one after the other along an axis. */
export const concat: Op<{ axis: number }> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const first = inputs[0]!;
    let extent = 0;
    for (const x of inputs) {
      const fits = x.shape.length === first.shape.length && x.shape.every((e, i) => i === axis || e === first.shape[i]);
      if (!fits || x.dtype !== first.dtype) {
        throw new ShapeError(
          `concat: along axis ${axis} all other extents and the dtype must agree, got ${inputs.map((i) => `${i.dtype}${formatShape(i.shape)}`).join(' and ')}`,
        );
      }
      extent += x.shape[axis]!;
    }
    return { shape: first.shape.map((e, i) => (i === axis ? extent : e)), dtype: first.dtype };
  },
  gradient(node, dy) {
    let at = 0;
    return node.inputs.map((x) => {
      const start = x.shape.map((_, axis) => (axis === node.attrs.axis ? at : 0));
      at += x.shape[node.attrs.axis]!;
      return makeNode(slice, [dy], { start, step: x.shape.map(() => 1), shape: x.shape });
    });
  },
  samplewise: (node, split, batch) => node.attrs.axis !== 0 && split.some(Boolean) && node.shape[0]! % batch === 0,
  lower(node, at) {
    const strides = stridesOf(node.shape);
    let offset = 0;
    for (const x of node.inputs) {
      scatter(at, { source: x, strides, out: at.base(node) + offset * bytesPerElement[node.dtype] });
      offset += x.shape[node.attrs.axis]! * strides[node.attrs.axis]!;
    }
  },
};

/** Emits the gather of the task's elements of `node` from a strided source. */
export function gather(at: LowerContext, node: Node, strides: readonly number[], source: number): void {
  const spec = at.constant('gather', () => new Int32Array([node.shape.length, ...node.shape, ...strides]));
  const count = at.elements(node);
  const start = (sizeOf(node.shape) / at.total) * at.first;
  at.call('gatherStrided', source, at.start(node), spec, start, count, bytesPerElement[node.dtype]);
}

/** Emits the scatter of the task's elements of `source` to a strided place. */
function scatter(at: LowerContext, to: { source: Node; strides: readonly number[]; out: number }): void {
  const { source, strides, out } = to;
  const name = `scatter ${source.shape.join(',')}`;
  const spec = at.constant(name, () => new Int32Array([source.shape.length, ...source.shape, ...strides]));
  const start = (sizeOf(source.shape) / at.total) * at.first;
  at.call('scatterStrided', at.start(source), out, spec, start, at.elements(source), bytesPerElement[source.dtype]);
}
