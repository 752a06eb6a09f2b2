/** The Gaussian dropout layer. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';
import { checkNoise } from './group-functions.ts';

/**
 * Gaussian dropout (Srivastava et al. 2014, § 10) on tensors of any shape: while training, each element is multiplied by a normal number of
 * mean 1 and standard deviation √(p/(1 − p)), the mean and variance of an inverted dropout mask; in evaluation the input itself is returned.
 * Keras' `GaussianDropout`.
 */
export class GaussianDropout extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1). */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    checkNoise(p, 'GaussianDropout');
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.gaussianDropout(x, this.options());
  }
}
