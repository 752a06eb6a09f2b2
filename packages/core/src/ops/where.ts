/** The choice between two values, element by element. */
import { makeNode, type Node } from '../graph/node.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { broadcastShapes, sizeOf } from '../tensor/shape.ts';
import { expandNode, sumTo } from './broadcast.ts';
import type { LowerContext, Op } from './define-op.ts';
import { reshapeNode } from './shape-ops.ts';
import { constantOf, fullNode } from './source.ts';
import { elementRange, elementTiles } from './tiles.ts';

/** Inputs: a condition of the result's shape, and two values, each of that shape or of one element. */
const where: Op<object> = {
  name: 'where',
  infer: ([condition, a]) => ({ shape: condition!.shape, dtype: a!.dtype }),
  gradient(node, dy) {
    const [condition, a, b] = node.inputs as [Node, Node, Node];
    const zero = fullNode([], 0);
    return [null, sumTo(whereNode(condition, dy, zero), a.shape), sumTo(whereNode(condition, zero, dy), b.shape)];
  },
  samplewise(node, split, batch) {
    if (!split.some(Boolean) || node.shape[0]! % batch !== 0) return false;
    return node.inputs.every((input, i) => sizeOf(input.shape) === sizeOf(node.shape) || !split[i]);
  },
  layout: () => 'same',
  tiles: elementTiles,
  lower(node, at) {
    const [condition, a, b] = node.inputs as [Node, Node, Node];
    const { first, count, out } = elementRange(node, at);
    const [from, aAt, bAt] = [
      operand(node, at, condition, first),
      operand(node, at, a, first),
      operand(node, at, b, first),
    ];
    at.call('select', from.address, aAt.address, aAt.stride, bAt.address, bAt.stride, out, count);
  },
};

/** Where the task's elements of an operand begin, and how far they are apart: 0 where one element serves all. */
function operand(node: Node, at: LowerContext, input: Node, first: number): { address: number; stride: number } {
  const constant = constantOf(input);
  if (constant !== undefined && input !== node.inputs[0]) {
    return { address: at.constant(`number ${constant}`, () => new Float32Array([constant])), stride: 0 };
  }
  if (sizeOf(input.shape) === 1 && sizeOf(node.shape) !== 1) return { address: at.base(input), stride: 0 };
  return { address: at.base(input) + first * bytesPerElement[node.dtype], stride: 4 };
}

/** a where the condition is not 0 (NaN counts as not 0), else b; all three broadcast. */
export function whereNode(condition: Node, a: Node, b: Node): Node {
  const shape = broadcastShapes(broadcastShapes(condition.shape, a.shape, 'where'), b.shape, 'where');
  const value = (x: Node) => (sizeOf(x.shape) === 1 ? reshapeNode(x, []) : expandNode(x, shape));
  return makeNode(where, [expandNode(condition, shape), value(a), value(b)], {});
}
