/** The parts of Muon that are graph ops: its momentum, and the Newton–Schulz iteration that makes a matrix nearly orthogonal. */
import type { Pointer } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { batchedProduct } from './batched-product.ts';
import { type Op, type Tile, wholeBatch } from './define-op.ts';
import { binaryNode } from './elementwise.ts';
import { gradientNorm } from './gradient-norm.ts';
import { permuteNode } from './shape-ops.ts';
import { slice } from './slice.ts';
import { fullNode } from './source.ts';

const tileElements = 16384;

function tilesOfElements(node: Node): Tile[] {
  const size = sizeOf(node.shape);
  const count = Math.ceil(size / tileElements);
  return Array.from({ length: count }, (_, i) => ({
    first: i * tileElements,
    count: Math.min(tileElements, size - i * tileElements),
  }));
}

/** Inputs: gradient, momentum buffer. The direction of the step; the buffer is only read. `hyper`: the words of the kernel. */
export const muonMomentum: Op<{ hyper: Pointer }> = {
  name: 'muonMomentum',
  infer: ([gradient]) => ({ shape: gradient!.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  tiles: tilesOfElements,
  lower(node, at) {
    const { first, count } = at.tile!;
    const [gradient, buffer] = node.inputs.map((input) => at.base(input) + 4 * first) as [Pointer, Pointer];
    at.call('muonMomentum', gradient, buffer, at.base(node) + 4 * first, count, node.attrs.hyper);
  },
};

/** Inputs: momentum buffer, gradient. The buffer moves towards the gradient by the share at `share`, in place. */
export const momentumUpdate: Op<{ share: Pointer }> = {
  name: 'momentumUpdate',
  infer: ([buffer]) => ({ shape: buffer!.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  inPlace: ({ inputs: [buffer] }) => [buffer!],
  tiles: tilesOfElements,
  lower(node, at) {
    const { first, count } = at.tile!;
    const [buffer, gradient] = node.inputs.map((input) => at.base(input) + 4 * first) as [Pointer, Pointer];
    at.call('average', buffer, gradient, count, node.attrs.share);
  },
};

export interface NewtonSchulz {
  readonly steps: number;
  readonly coefficients: readonly [number, number, number];
  readonly eps: number;
}

/**
 * A matrix with the singular vectors of the given one [R, C] and singular values near 1: X = G / max(‖G‖, eps), then `steps` times
 * X = aX + (bA + cA²)X with A = XXᵀ, on the transpose where there are more rows than columns.
 */
export function orthogonalized(matrix: Node, { steps, coefficients, eps }: NewtonSchulz): Node {
  const [a, b, c] = coefficients.map((value) => fullNode([], value)) as [Node, Node, Node];
  const norm = makeNode(slice, [gradientNorm([matrix], 1)], { start: [0], step: [1], shape: [1] });
  const scaled = binaryNode('div', matrix, binaryNode('maximum', norm, fullNode([], eps)));
  const tall = matrix.shape[0]! > matrix.shape[1]!;
  const product = (left: Node, right: Node, transposeB: boolean): Node =>
    makeNode(batchedProduct, [left, right], { transposeA: false, transposeB });
  let x = tall ? permuteNode(scaled, [1, 0]) : scaled;
  for (let i = 0; i < steps; i++) {
    const gram = product(x, x, true);
    const quintic = binaryNode('add', binaryNode('mul', gram, b), binaryNode('mul', product(gram, gram, false), c));
    x = binaryNode('add', binaryNode('mul', x, a), product(quintic, x, false));
  }
  return tall ? permuteNode(x, [1, 0]) : x;
}
