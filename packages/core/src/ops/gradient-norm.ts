/**
 * The 2-norm of several gradients together, and the factor that brings it down to a limit. The squares are added in parts of a fixed size,
 * gradient after gradient, so the sum depends on neither shards nor workers.
 */
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Op, wholeBatch } from './define-op.ts';
import { concat } from './shape-ops.ts';

/** Elements of one part: a constant of the format. */
const partElements = 16384;

/** One sum of squares for every `partElements` elements, in their order. */
const squareSums: Op<object> = {
  name: 'squareSums',
  infer: ([x]) => ({ shape: [Math.ceil(sizeOf(x!.shape) / partElements)], dtype: 'f32' }),
  samplewise: wholeBatch,
  tiles: (node) => Array.from({ length: node.shape[0]! }, (_, first) => ({ first, count: 1 })),
  lower(node, at) {
    const x = node.inputs[0]!;
    const part = at.tile!.first;
    const first = part * partElements;
    const count = Math.min(partElements, sizeOf(x.shape) - first);
    at.call('sumSquares', at.base(x) + 4 * first, count, at.base(node) + 4 * part);
  },
};

/** From the sums: [norm, min(1, maxNorm / (norm + 1e-6))]. */
const clipFactor: Op<{ maxNorm: number }> = {
  name: 'clipFactor',
  infer: () => ({ shape: [2], dtype: 'f32' }),
  samplewise: wholeBatch,
  lower(node, at) {
    const sums = node.inputs[0]!;
    const limit = at.constant('limit', () => new Float32Array([node.attrs.maxNorm]));
    at.call('clipFactor', at.base(sums), sizeOf(sums.shape), limit, at.base(node));
  },
};

/** [norm, factor] of the gradients taken as one vector, as `torch.nn.utils.clip_grad_norm_` reckons them. */
export function gradientNorm(gradients: readonly Node[], maxNorm: number): Node {
  const sums = gradients.map((gradient) => makeNode(squareSums, [gradient], {}));
  const all = sums.length === 1 ? sums[0]! : makeNode(concat, sums, { axis: 0 });
  return makeNode(clipFactor, [all], { maxNorm });
}
