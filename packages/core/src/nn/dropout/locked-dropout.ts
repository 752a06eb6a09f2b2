/** Dropout of sequences with one mask over time. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

/**
 * Dropout of sequences [B, T, F] with one mask for all steps of a sample (Gal & Ghahramani 2016; locked dropout of Merity et al. 2018): while
 * training, each feature of each sample is zeroed at all T steps with probability p and what stays is scaled by 1/(1 − p); in evaluation the
 * input itself is returned.
 */
export class LockedDropout extends DropoutModule {
  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0.5, config: DropoutConfig = {}) {
    super(p, config);
  }

  override forward(x: Tensor): Tensor {
    return F.lockedDropout(x, this.options());
  }
}

export { LockedDropout as VariationalDropout };
