/** Adam with the largest gradient in place of the mean square. */
import { integerPower } from '../math/power.ts';
import { Optimizer } from './optimizer.ts';
import { type CommonOptions, checkAtLeastZero, checkBetas, type ParametersOrGroups, type UpdateRule } from './rule.ts';

export interface AdamaxOptions extends CommonOptions {
  /** Default 2e-3. */
  readonly lr?: number;
  /** Decay rates of the running mean of g and of the largest |g|. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

const rule: UpdateRule<AdamaxOptions> = {
  name: 'Adamax',
  defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 },
  kernel: () => 'adamax',
  states: () => ({ exp_avg: 0, exp_inf: 0 }),
  check({ betas, eps, weightDecay }) {
    checkBetas(betas);
    checkAtLeastZero(eps, 'eps');
    checkAtLeastZero(weightDecay, 'weightDecay');
  },
  words({ lr, betas: [beta1, beta2], eps, weightDecay }, step) {
    return [lr / (1 - integerPower(beta1, step + 1)), beta1, 1 - beta1, beta2, eps, weightDecay];
  },
  withMomentum: (group, momentum) => ({ ...group, betas: [momentum, group.betas[1]] }),
};

/**
 * Adamax (Kingma & Ba 2015, §7.1) as torch.optim.Adamax writes it: g += weightDecay·w; m = β₁m + (1 − β₁)g;
 * u = max(β₂u, |g| + eps); w −= lr/(1 − β₁ᵗ)·m/u.
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(parameters: ParametersOrGroups<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(parameters, options, rule);
  }
}
