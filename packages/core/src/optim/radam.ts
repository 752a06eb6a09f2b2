/** Rectified Adam. */
import { integerPower } from '../math/power.ts';
import { Optimizer } from './optimizer.ts';
import { type CommonOptions, checkAtLeastZero, checkBetas, type ParametersOrGroups, type UpdateRule } from './rule.ts';

export interface RAdamOptions extends CommonOptions {
  /** Default 1e-3. */
  readonly lr?: number;
  /** Decay rates of the running means of g and g². Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

/** The rate of the update and whether it is adaptive at step t (from 1): not before the variance of v can be told. */
function rectified(lr: number, betas: readonly [number, number], t: number): { rate: number; adaptive: boolean } {
  const [beta1, beta2] = betas;
  const [decayed, correction1] = [integerPower(beta2, t), 1 - integerPower(beta1, t)];
  const longest = 2 / (1 - beta2) - 1;
  const length = longest - (2 * t * decayed) / (1 - decayed);
  if (!(length > 5)) return { rate: lr / correction1, adaptive: false };
  const factor = ((length - 4) * (length - 2) * longest) / ((longest - 4) * (longest - 2) * length);
  return { rate: (lr / correction1) * Math.sqrt(factor) * Math.sqrt(1 - decayed), adaptive: true };
}

const rule: UpdateRule<RAdamOptions> = {
  name: 'RAdam',
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 },
  kernel: () => 'radam',
  states: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
  check({ betas, eps, weightDecay }) {
    checkBetas(betas);
    checkAtLeastZero(eps, 'eps');
    checkAtLeastZero(weightDecay, 'weightDecay');
  },
  words({ lr, betas, eps, weightDecay }, step) {
    const { rate, adaptive } = rectified(lr, betas, step + 1);
    const [beta1, beta2] = betas;
    return [rate, Number(adaptive), beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay];
  },
  withMomentum: (group, momentum) => ({ ...group, betas: [momentum, group.betas[1]] }),
};

/**
 * RAdam (Liu et al. 2020) as torch.optim.RAdam writes it: m and v as Adam's; ρ∞ = 2/(1 − β₂) − 1, ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ);
 * if ρₜ > 5, w −= lr·r·m̂·√(1 − β₂ᵗ)/(√v + eps) with r = √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)), else w −= lr·m̂, where
 * m̂ = m/(1 − β₁ᵗ).
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(parameters: ParametersOrGroups<RAdamOptions>, options: RAdamOptions = {}) {
    super(parameters, options, rule);
  }
}
