/** Floating-point operations of the products in a graph (a multiply and an add are two), by the shapes of their operands. */
import { type Node, sizeOf } from '@lockstep/core';

type Rule = (node: Node) => number;

const lastExtent = (node: Node): number => node.shape.at(-1) ?? 1;
/** Multiply-adds for one output element of a convolution: the weights of one output channel. */
const weightsOfChannel = (weight: Node): number => sizeOf(weight.shape) / weight.shape[0]!;

/** By operation; everything else (activations, pooling, sums) is small beside these and counts as 0. */
const rules: Readonly<Record<string, Rule>> = {
  conv2d: (y) => 2 * sizeOf(y.shape) * weightsOfChannel(y.inputs[1]!),
  conv2dInputGradient: ({ inputs: [dy, weight] }) => 2 * sizeOf(dy!.shape) * weightsOfChannel(weight!),
  conv2dWeightGradient: (dw) => 2 * sizeOf(dw.inputs[1]!.shape) * weightsOfChannel(dw),
  rowsProduct: (y) => 2 * sizeOf(y.shape) * lastExtent(y.inputs[0]!),
  matrixGradient: ({ inputs: [x, dy] }) => 2 * sizeOf(x!.shape) * lastExtent(dy!),
  batchedProduct: (y) => {
    const { transposeA } = y.attrs as { transposeA: boolean };
    return 2 * sizeOf(y.shape) * y.inputs[0]!.shape.at(transposeA ? -2 : -1)!;
  },
};

export function productFlops(node: Node): number {
  return Object.hasOwn(rules, node.op.name) ? rules[node.op.name]!(node) : 0;
}
