/** Stochastic depth: the layer, and the usual rates of a network's blocks. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { checkCount } from '../linear.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

export interface DropPathConfig extends DropoutConfig {
  /** Whether kept samples are scaled by 1/(1 − p). Default true. */
  readonly scaleByKeep?: boolean;
}

/**
 * Stochastic depth (Huang et al. 2016) of the residual branch [B, …] of a block: while training, whole samples are zeroed with probability p
 * and the others scaled by 1/(1 − p); in evaluation the input itself is returned. timm's `DropPath`. Rates usually grow with depth:
 * `dropPathRates`.
 */
export class DropPath extends DropoutModule {
  readonly scaleByKeep: boolean;

  /** @throws RangeError if p is not in [0, 1]. */
  constructor(p = 0, options: DropPathConfig = {}) {
    const { scaleByKeep = true, ...config } = options;
    super(p, config);
    this.scaleByKeep = scaleByKeep;
  }

  override forward(x: Tensor): Tensor {
    return F.dropPath(x, { ...this.options(), scaleByKeep: this.scaleByKeep });
  }

  override describe(): string {
    return this.scaleByKeep ? super.describe() : super.describe().replace(/\)$/, ', scaleByKeep: false)');
  }
}

/**
 * Rates of `DropPath` for the blocks of a network of `depth` blocks: linear from 0 at the first to `max` at the last, as timm spaces them.
 * @throws RangeError for a max outside of [0, 1] and a depth that is not an integer ≥ 1.
 */
export function dropPathRates(max: number, depth: number): number[] {
  F.checkProbability(max, 'dropPathRates');
  checkCount(depth, 'dropPathRates: depth');
  return Array.from({ length: depth }, (_, block) => (depth === 1 ? 0 : (max * block) / (depth - 1)));
}
