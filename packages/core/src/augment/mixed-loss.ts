/** The loss of samples that were mixed with their partners. */
import { correctPredictions, crossEntropy } from '../losses/cross-entropy.ts';
import { stepWordNode } from '../ops/step-word.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { MixAddresses } from './mix-table.ts';

type Loss = (output: Tensor, target: Tensor<'i32'>) => Tensor;

/**
 * λ·loss(y) + (1 − λ)·loss(y′), with λ the step's. The default cross-entropy is weighted sample by sample, so that forward and backward
 * pass stay in one phase; any other loss as a whole.
 */
export function mixedLoss(
  loss: Loss,
  of: { output: Tensor; own: Tensor<'i32'>; partner: Tensor<'i32'>; mix: MixAddresses },
): Tensor {
  const { output, own, partner, mix } = of;
  if (loss !== crossEntropy) {
    const [a, b] = weights([], mix);
    return loss(output, own).mul(a).add(loss(output, partner).mul(b));
  }
  const [a, b] = weights([own.shape[0]!], mix);
  const lossesOf = (target: Tensor<'i32'>) => crossEntropy(output, target, { reduction: 'none' });
  return lossesOf(own).mul(a).add(lossesOf(partner).mul(b)).mean();
}

/** λ times the answers that are right for y, and 1 − λ times those that are right for y′, summed. */
export function mixedCorrect(of: {
  output: Tensor;
  own: Tensor<'i32'>;
  partner: Tensor<'i32'>;
  mix: MixAddresses;
}): Tensor {
  const { output, own, partner, mix } = of;
  const [a, b] = weights([own.shape[0]!], mix);
  return correctPredictions(output, own).mul(a).add(correctPredictions(output, partner).mul(b)).sum();
}

function weights(shape: readonly number[], { losses }: MixAddresses): [Tensor, Tensor] {
  return [new Tensor(stepWordNode(shape, losses)), new Tensor(stepWordNode(shape, losses + 4))];
}
