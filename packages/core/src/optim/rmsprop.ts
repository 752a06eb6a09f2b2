/** RMSprop: the gradient over the root of its running mean square. */
import { Optimizer } from './optimizer.ts';
import {
  type CommonOptions,
  checkAtLeastZero,
  checkBelowOne,
  type ParametersOrGroups,
  type UpdateRule,
} from './rule.ts';

export interface RMSpropOptions extends CommonOptions {
  /** Default 1e-2. */
  readonly lr?: number;
  /** Decay rate of the running mean of g². Default 0.99. */
  readonly alpha?: number;
  /** Default 1e-8. */
  readonly eps?: number;
  /** Added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Divides by the standard deviation instead: the running mean of g is taken off. Default false. */
  readonly centered?: boolean;
}

const rule: UpdateRule<RMSpropOptions> = {
  name: 'RMSprop',
  defaults: { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false },
  kernel: () => 'rmsprop',
  states: ({ centered, momentum }) => ({
    square_avg: 0,
    grad_avg: centered ? 0 : null,
    momentum_buffer: momentum > 0 ? 0 : null,
  }),
  check({ alpha, eps, weightDecay, momentum }) {
    checkBelowOne(alpha, 'alpha');
    checkAtLeastZero(eps, 'eps');
    checkAtLeastZero(weightDecay, 'weightDecay');
    checkAtLeastZero(momentum, 'momentum');
  },
  words: ({ lr, alpha, eps, weightDecay, momentum }) => [lr, alpha, 1 - alpha, eps, weightDecay, momentum],
  withMomentum: (group, momentum) => ({ ...group, momentum }),
};

/**
 * RMSprop (Tieleman & Hinton 2012, lecture 6.5; centred: Graves 2013) as torch.optim.RMSprop writes it: g += weightDecay·w;
 * v = αv + (1 − α)g²; if centered, a = αa + (1 − α)g and d = √(v − a²) + eps, else d = √v + eps; with momentum, b = momentum·b + g/d and
 * w −= lr·b, else w −= lr·g/d.
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: ParametersOrGroups<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(parameters, options, rule);
  }
}
