/** Ops that only move elements: reshape (a view), permute, concatenate. Their gradients are each other and `slice`. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { formatShape, type Shape, sameShape, sizeOf, stridesOf } from '../tensor/shape.ts';
import { keepsRows, type Op, samplewiseElements, type Tile } from './define-op.ts';
import { slice } from './slice.ts';
import { constantOf, fullNode } from './source.ts';
import { gather, scatter } from './strided.ts';
import { elementTiles, evenTiles } from './tiles.ts';

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
  tiles: elementTiles,
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
  // On axis 0 a piece is one of the inputs; elsewhere whole rows, to which every input has a part.
  tiles(node) {
    if (node.attrs.axis === 0) return inputTiles(node);
    const row = sizeOf(node.shape) / (node.shape[0] || 1);
    return row === 0 ? [] : evenTiles(sizeOf(node.shape), Math.max(1, Math.floor(pieceElements / row)) * row);
  },
  lower(node, at) {
    const strides = stridesOf(node.shape);
    const { axis } = node.attrs;
    let start = 0;
    for (const x of node.inputs) {
      const offset = start * strides[axis]!;
      const range = at.tile && partOf(x, node, { tile: at.tile, offset });
      start += x.shape[axis]!;
      if (range?.count === 0) continue;
      const out = at.base(node) + offset * bytesPerElement[node.dtype];
      scatter(at, { source: x, strides, out, ...(range && { range }) });
    }
  },
};

const pieceElements = 4096;

function inputTiles(node: Node): Tile[] {
  let first = 0;
  const tiles = node.inputs.map((x) => {
    const tile = { first, count: sizeOf(x.shape) };
    first += tile.count;
    return tile;
  });
  return tiles.filter(({ count }) => count > 0);
}

/** The elements of an input of `concat` that belong to a piece of the result; on axis 0 the input starts at `offset` of it. */
function partOf(
  x: Node,
  node: Node<{ axis: number }>,
  { tile, offset }: { tile: Tile; offset: number },
): { first: number; count: number } {
  if (node.attrs.axis === 0) return { first: 0, count: offset === tile.first ? sizeOf(x.shape) : 0 };
  const rows = node.shape[0]!;
  const [from, to] = [sizeOf(node.shape) / rows, sizeOf(x.shape) / rows];
  return { first: (tile.first / from) * to, count: (tile.count / from) * to };
}
