/** Dropout of whole channels of images. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Channel dropout (Tompson et al. 2015) of [N, C, H, W]: while training, each channel of each sample is zeroed with probability p and what
 * stays is scaled by 1/(1 − p); in evaluation the input itself is returned. For feature maps whose neighbouring elements are alike, so that
 * dropping single ones takes little away. PyTorch's `nn.Dropout2d`. As there, an input of rank 3 is read as [N, C, L].
 */
export class Dropout2d extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.dropout2d(x, this.options());
  }
}

export { Dropout2d as SpatialDropout2d };
