/** From the losses of the elements to one number. */
import type { Tensor } from '../tensor/tensor.ts';

export type Reduction = 'mean' | 'sum' | 'none';

export function reduced(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}
