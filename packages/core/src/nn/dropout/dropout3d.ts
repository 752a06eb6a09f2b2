/** Dropout of whole channels of volumes. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Channel dropout (Tompson et al. 2015) of [N, C, D, H, W] or [C, D, H, W] (one sample): while training, each channel of each sample is
 * zeroed with probability p and what stays is scaled by 1/(1 − p); in evaluation the input itself is returned. For feature maps whose
 * neighbouring elements are alike, so that dropping single ones takes little away. PyTorch's `nn.Dropout3d`.
 */
export class Dropout3d extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.dropout3d(x, this.options());
  }
}

export { Dropout3d as SpatialDropout3d };
