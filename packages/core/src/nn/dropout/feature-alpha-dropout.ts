/** Alpha dropout of whole channels. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Alpha dropout of whole channels of [N, C, …] (Klambauer et al. 2017, Tompson et al. 2015): while training, each channel of each sample is
 * set to SELU's negative saturation with probability p, and an affine map keeps mean 0 and variance 1; see `F.alphaDropout`. In evaluation the
 * input itself is returned. PyTorch's `nn.FeatureAlphaDropout`.
 */
export class FeatureAlphaDropout extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.featureAlphaDropout(x, this.options());
  }
}
