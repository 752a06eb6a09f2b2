/** The linear layer with DropConnect. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { fanInUniform } from '../init.ts';
import { checkCount } from '../linear.ts';
import type { Parameter } from '../parameter.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

export interface DropConnectConfig extends DropoutConfig {
  /** Probability to drop a weight. Default 0.5. */
  readonly p?: number;
  /** Default true. The bias is never dropped. */
  readonly bias?: boolean;
}

/**
 * A linear layer whose weights are dropped while training (DropConnect, Wan et al. 2013): y = x·(W∘M/(1 − p))ᵀ + b, [… , inFeatures] →
 * [… , outFeatures], with M of zeros (probability p) and ones drawn anew each step. One mask for the whole batch, whatever the scope, as
 * libraries have it; the paper draws one for every example. In evaluation W itself is used, the mean of the masked weights, where the paper
 * samples. weight [O, I] and bias [O] start as `nn.Linear`'s.
 */
export class DropConnectLinear extends DropoutModule {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly inFeatures: number;
  readonly outFeatures: number;

  /** @throws RangeError if p is not in [0, 1], and for counts that are not integers ≥ 1. */
  constructor(inFeatures: number, outFeatures: number, options: DropConnectConfig = {}) {
    const { p = 0.5, bias = true, ...config } = options;
    super(p, config);
    checkCount(inFeatures, 'DropConnectLinear: inFeatures');
    checkCount(outFeatures, 'DropConnectLinear: outFeatures');
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = fanInUniform([outFeatures, inFeatures], inFeatures);
    this.bias = bias ? fanInUniform([outFeatures], inFeatures) : null;
  }

  override forward(x: Tensor): Tensor {
    const weight = F.dropConnect(this.weight, this.options());
    return F.linear(x, weight, { bias: this.bias, where: this.describe() });
  }

  protected override warnOfAll(): void {
    console.warn('DropConnectLinear: p = 1 drops every weight; the layer returns its bias alone while training');
  }

  override describe(): string {
    const { inFeatures, outFeatures, p, bias } = this;
    return `DropConnectLinear(${inFeatures}, ${outFeatures}, p: ${p}${bias ? '' : ', bias: false'})`;
  }
}
