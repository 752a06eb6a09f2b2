/** The dropout layer. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Inverted dropout (Srivastava et al. 2014) on tensors of any shape: while training, each element is zeroed with probability p and what
 * stays is scaled by 1/(1 − p); in evaluation the input itself is returned. PyTorch's `nn.Dropout`.
 *
 * Usual p: 0.1 to 0.2 at the input, 0.5 in hidden layers, none at the output. Place it after the activation, before the next linear layer.
 */
export class Dropout extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.dropout(x, this.options());
  }
}
