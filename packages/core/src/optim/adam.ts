/** Adam, and AdamW with decoupled weight decay. */
import { integerPower } from '../math/power.ts';
import { Optimizer } from './optimizer.ts';
import {
  type CommonOptions,
  checkAtLeastZero,
  checkBetas,
  type ParametersOrGroups,
  type Resolved,
  type UpdateRule,
} from './rule.ts';

export interface AdamOptions extends CommonOptions {
  /** Default 1e-3. */
  readonly lr?: number;
  /** Decay rates of the running means of g and g². Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: number;
  /** Divides by the largest mean of g² so far instead of the present one (Reddi et al. 2018). Default false. */
  readonly amsgrad?: boolean;
}

function ruleOf(name: string, weightDecay: number, decoupled: boolean): UpdateRule<AdamOptions> {
  return {
    name,
    defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay, amsgrad: false },
    kernel: ({ amsgrad }) => (amsgrad ? 'amsgrad' : 'adam'),
    states: ({ amsgrad }) => ({ exp_avg: 0, exp_avg_sq: 0, ...(amsgrad ? { max_exp_avg_sq: 0 } : {}) }),
    check({ betas, eps, weightDecay: decay }) {
      checkBetas(betas);
      checkAtLeastZero(eps, 'eps');
      checkAtLeastZero(decay, 'weightDecay');
    },
    words: (group, step) => wordsOf(group, step, decoupled),
    withMomentum: (group, momentum) => ({ ...group, betas: [momentum, group.betas[1]] }),
  };
}

function wordsOf(group: Resolved<AdamOptions>, step: number, decoupled: boolean): number[] {
  const { lr, betas, eps, weightDecay } = group;
  const [beta1, beta2] = betas;
  const correction1 = 1 - integerPower(beta1, step + 1);
  const correction2 = 1 - integerPower(beta2, step + 1);
  const added = decoupled ? 0 : weightDecay;
  const kept = decoupled ? 1 - lr * weightDecay : 1;
  return [lr / correction1, 1 - beta1, beta2, 1 - beta2, eps, added, kept, Math.sqrt(correction2)];
}

const adam = ruleOf('Adam', 0, false);
const adamW = ruleOf('AdamW', 0.01, true);

/**
 * Adam (Kingma & Ba 2015) as torch.optim.Adam writes it: g += weightDecay·w; m += (g − m)(1 − β₁); v = β₂v + (1 − β₂)g²;
 * w −= lr/(1 − β₁ᵗ)·m / (√v/√(1 − β₂ᵗ) + eps), with the largest v so far in place of v if `amsgrad`.
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, adam);
  }
}

/** Adam with weight decay taken from the weight itself, w = w·(1 − lr·weightDecay) (Loshchilov & Hutter 2019), torch.optim.AdamW. */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(parameters: ParametersOrGroups<AdamOptions>, options: AdamOptions = {}) {
    super(parameters, options, adamW);
  }
}
