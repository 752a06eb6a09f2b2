/** The maximum over axes, and its index. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape } from '../tensor/shape.ts';
import {
  expandNode,
  grouped,
  type ReduceAttrs,
  type ReduceOptions,
  reducedShape,
  reduceRange,
  samplewiseOuter,
  sumNode,
} from './broadcast.ts';
import type { Op } from './define-op.ts';
import { binaryNode } from './elementwise.ts';
import { reshapeNode } from './shape-ops.ts';
import { elementTiles } from './tiles.ts';

const reduceMax: Op<ReduceAttrs> = {
  name: 'max',
  infer: (_inputs, { outer, inner }) => ({ shape: [outer, inner], dtype: 'f32' }),
  // Ties share the gradient evenly, as PyTorch's amax does.
  gradient(node, dy) {
    const { outer, length, inner } = node.attrs;
    const x = reshapeNode(node.inputs[0]!, [outer, length, inner]);
    const spread = (y: Node) => expandNode(reshapeNode(y, [outer, 1, inner]), [outer, length, inner]);
    const mask = binaryNode('equal', x, spread(node));
    const ties = sumNode(mask, { axes: [1], keepDims: false });
    return [reshapeNode(binaryNode('mul', mask, spread(binaryNode('div', dy, ties))), node.inputs[0]!.shape)];
  },
  samplewise: samplewiseOuter,
  tiles: elementTiles,
  lower(node, at) {
    const { x, out, first, count } = reduceRange(node, at);
    at.call('reduceMax', x, out, node.attrs.length, node.attrs.inner, first, count);
  },
};

const reduceArgMax: Op<ReduceAttrs> = {
  name: 'argMax',
  infer: (_inputs, { outer, inner }) => ({ shape: [outer, inner], dtype: 'i32' }),
  samplewise: samplewiseOuter,
  tiles: elementTiles,
  lower(node, at) {
    const { x, out, first, count } = reduceRange(node, at);
    at.call('argMax', x, out, node.attrs.length, node.attrs.inner, first, count);
  },
};

/** The maximum of nothing does not exist, unless nobody asks for one. */
function checkNotEmpty(where: string, x: Node, { outer, length, inner }: ReduceAttrs): void {
  if (length === 0 && outer * inner > 0)
    throw new ShapeError(`${where}: the axes hold no elements to choose from, got shape ${formatShape(x.shape)}`);
}

export function maxNode(x: Node, options: ReduceOptions): Node {
  const { x: source, outer, length, inner } = grouped(x, options.axes);
  checkNotEmpty('max', x, { outer, length, inner });
  return reshapeNode(makeNode(reduceMax, [source], { outer, length, inner }), reducedShape(x, options));
}

export function argMaxNode(x: Node, options: ReduceOptions): Node {
  const { x: source, outer, length, inner } = grouped(x, options.axes);
  checkNotEmpty('argmax', x, { outer, length, inner });
  return reshapeNode(makeNode(reduceArgMax, [source], { outer, length, inner }), reducedShape(x, options));
}
