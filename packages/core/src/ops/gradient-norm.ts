/**
 * The 2-norm of several gradients together, and the factor that brings it down to a limit. The squares are added in parts of a fixed size,
 * gradient after gradient, so the sum depends on neither shards nor workers.
 */
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Op, wholeBatch } from './define-op.ts';
import { perPart } from './per-part.ts';
import { concat } from './shape-ops.ts';

/** The sum of squares of a part, in the order of its elements. */
const squareSums = perPart('squareSums', (at, { from, count, to }) => at.call('sumSquares', from, count, to));

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
