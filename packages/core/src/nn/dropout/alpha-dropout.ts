/** The alpha dropout layer. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Alpha dropout (Klambauer et al. 2017) on tensors of any shape, for networks of SELU: while training, elements are set to SELU's negative
 * saturation with probability p, and an affine map keeps mean 0 and variance 1; see `F.alphaDropout` for the formula. In evaluation the input
 * itself is returned. PyTorch's `nn.AlphaDropout`. Usual p: 0.05 to 0.1.
 */
export class AlphaDropout extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.alphaDropout(x, this.options());
  }
}
