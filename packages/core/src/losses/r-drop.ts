/** The loss of R-Drop. */
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { crossEntropy } from './cross-entropy.ts';
import { type Reduction, reduced } from './reduction.ts';

/**
 * R-Drop (Liang et al. 2021), for the logits [B, C] of two forward passes of the same samples under different dropout masks, P and Q:
 * ½·(CE(P) + CE(Q)) + alpha · ½·(KL(P‖Q) + KL(Q‖P)) of each sample, then their mean (default), sum, or [B] with `none`.
 *
 * Factors: the paper adds the two cross-entropies, so its formula with weight 2·alpha is twice this. The authors' code for images sums the
 * divergences over the batch of B, adds the cross-entropies, and leaves both halves out: with weight alpha/B it is twice this, too.
 * @throws ShapeError for logits of different shapes.
 */
export function rDropLoss(
  logits1: Tensor,
  logits2: Tensor,
  target: Tensor<'i32'>,
  options: { alpha?: number; reduction?: Reduction } = {},
): Tensor {
  if (logits1.shape.join() !== logits2.shape.join()) {
    throw new ShapeError(
      `rDropLoss: the logits of both passes must have one shape, got ${formatShape(logits1.shape)} and ${formatShape(logits2.shape)}`,
    );
  }
  const { alpha = 1, reduction } = options;
  const entropies = crossEntropy(logits1, target, { reduction: 'none' }).add(
    crossEntropy(logits2, target, { reduction: 'none' }),
  );
  const [logP, logQ] = [logits1.logSoftmax(), logits2.logSoftmax()];
  // KL(P‖Q) + KL(Q‖P) = Σ (p − q)(log p − log q): no term is negative, and none is a logarithm of 0.
  const divergences = logP.exp().sub(logQ.exp()).mul(logP.sub(logQ)).sum(1);
  return reduced(entropies.add(divergences.mul(alpha)).mul(0.5), reduction);
}
