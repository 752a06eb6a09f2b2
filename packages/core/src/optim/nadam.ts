/** Adam with Nesterov momentum. */
import { integerPower, power } from '../math/power.ts';
import { Optimizer } from './optimizer.ts';
import { type CommonOptions, checkAtLeastZero, checkBetas, type ParametersOrGroups, type UpdateRule } from './rule.ts';

export interface NAdamOptions extends CommonOptions {
  /** Default 2e-3. */
  readonly lr?: number;
  /** Decay rates of the running means of g and g². Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** How fast the momentum grows towards β₁. Default 4e-3. */
  readonly momentumDecay?: number;
}

/** The momentum of step t (from 1): β₁(1 − ½·0.96^(t·momentumDecay)). */
function momentumOf(beta1: number, momentumDecay: number, t: number): number {
  return beta1 * (1 - 0.5 * power(0.96, t * momentumDecay));
}

/** Products of the momenta of steps 1 to t, remembered: every step asks for the next one. */
function momentumProducts(): (beta1: number, momentumDecay: number, t: number) => number {
  const known = new Map<string, { t: number; product: number }>();
  return (beta1, momentumDecay, t) => {
    const key = `${beta1} ${momentumDecay}`;
    const last = known.get(key);
    const from = last && last.t <= t ? last : { t: 0, product: 1 };
    let { product } = from;
    for (let i = from.t + 1; i <= t; i++) product *= momentumOf(beta1, momentumDecay, i);
    known.set(key, { t, product });
    return product;
  };
}

function makeRule(): UpdateRule<NAdamOptions> {
  const productOf = momentumProducts();
  return {
    name: 'NAdam',
    defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3 },
    kernel: () => 'nadam',
    states: () => ({ exp_avg: 0, exp_avg_sq: 0 }),
    check({ betas, eps, weightDecay, momentumDecay }) {
      checkBetas(betas);
      checkAtLeastZero(eps, 'eps');
      checkAtLeastZero(weightDecay, 'weightDecay');
      checkAtLeastZero(momentumDecay, 'momentumDecay');
    },
    words({ lr, betas: [beta1, beta2], eps, weightDecay, momentumDecay }, step) {
      const mu = momentumOf(beta1, momentumDecay, step + 1);
      const next = momentumOf(beta1, momentumDecay, step + 2);
      const product = productOf(beta1, momentumDecay, step + 1);
      const rates = [(lr * (1 - mu)) / (1 - product), (lr * next) / (1 - product * next)];
      const correction2 = 1 - integerPower(beta2, step + 1);
      return [...rates, beta1, 1 - beta1, beta2, 1 - beta2, eps, weightDecay, correction2];
    },
  };
}

/**
 * NAdam (Dozat 2016) as torch.optim.NAdam writes it: g += weightDecay·w; m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²;
 * d = √(v/(1 − β₂ᵗ)) + eps; w −= lr·(1 − μₜ)/(1 − Πμ)·g/d + lr·μₜ₊₁/(1 − Πμ·μₜ₊₁)·m/d with μₜ = β₁(1 − ½·0.96^(t·momentumDecay)).
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(parameters: ParametersOrGroups<NAdamOptions>, options: NAdamOptions = {}) {
    super(parameters, options, makeRule());
  }
}
