/** The loss of multi-sample dropout. */
import { ShapeError } from '../errors.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { crossEntropy } from './cross-entropy.ts';

/**
 * The mean of the losses of several dropout samples (Inoue 2019): outputs [B, S, C] of `nn.MultiSampleDropout` with `reduction: 'none'`, where
 * `loss` sees each sample's [B, C]. Outputs [B, C], which that layer gives in evaluation, are one sample. Default loss: cross-entropy.
 * @throws ShapeError for outputs of another rank, or without a sample.
 */
export function multiSampleLoss(
  outputs: Tensor,
  target: Tensor<'i32'>,
  loss: (output: Tensor, target: Tensor<'i32'>) => Tensor = crossEntropy,
): Tensor {
  if (outputs.rank === 2) return loss(outputs, target);
  const [batch, samples, classes] = outputs.shape as [number, number, number];
  if (outputs.rank !== 3 || samples === 0) {
    throw new ShapeError(
      `multiSampleLoss: expected outputs of shape [B, samples, C] or [B, C], got ${formatShape(outputs.shape)}`,
    );
  }
  const losses = Array.from({ length: samples }, (_, s) => {
    const one = outputs.slice([null, { start: s, end: s + 1 }]).reshape([batch, classes]);
    return loss(one, target);
  });
  return losses.reduce((sum, value) => sum.add(value)).div(samples);
}
