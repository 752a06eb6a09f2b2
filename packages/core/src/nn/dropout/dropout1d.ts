/** Dropout of whole channels of one-dimensional feature maps. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Channel dropout (Tompson et al. 2015) of [N, C, L] or [C, L] (one sample): while training, each channel of each sample is zeroed with
 * probability p and what stays is scaled by 1/(1 − p); in evaluation the input itself is returned. For feature maps whose neighbouring
 * elements are alike, so that dropping single ones takes little away. PyTorch's `nn.Dropout1d`. Keras' `SpatialDropout1D` keeps channels on
 * the last axis instead.
 */
export class Dropout1d extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.dropout1d(x, this.options());
  }
}

export { Dropout1d as SpatialDropout1d };
