/** Adadelta: updates in the units of the weights. */
import { Optimizer } from './optimizer.ts';
import {
  type CommonOptions,
  checkAtLeastZero,
  checkBelowOne,
  type ParametersOrGroups,
  type UpdateRule,
} from './rule.ts';

export interface AdadeltaOptions extends CommonOptions {
  /** Default 1. */
  readonly lr?: number;
  /** Decay rate of the running means of g² and of the squared updates. Default 0.9. */
  readonly rho?: number;
  /** Default 1e-6. */
  readonly eps?: number;
  /** Added to the gradient. Default 0. */
  readonly weightDecay?: number;
}

const rule: UpdateRule<AdadeltaOptions> = {
  name: 'Adadelta',
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 },
  kernel: () => 'adadelta',
  states: () => ({ square_avg: 0, acc_delta: 0 }),
  check({ rho, eps, weightDecay }) {
    checkBelowOne(rho, 'rho');
    checkAtLeastZero(eps, 'eps');
    checkAtLeastZero(weightDecay, 'weightDecay');
  },
  words: ({ lr, rho, eps, weightDecay }) => [lr, rho, 1 - rho, eps, weightDecay],
};

/**
 * Adadelta (Zeiler 2012) as torch.optim.Adadelta writes it: g += weightDecay·w; v = ρv + (1 − ρ)g²; c = √(d + eps)/√(v + eps)·g;
 * d = ρd + (1 − ρ)c²; w −= lr·c.
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(parameters: ParametersOrGroups<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(parameters, options, rule);
  }
}
