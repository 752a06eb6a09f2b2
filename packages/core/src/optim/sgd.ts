/** Stochastic gradient descent with momentum. */
import { Optimizer } from './optimizer.ts';
import { type CommonOptions, checkAtLeastZero, type ParametersOrGroups, type UpdateRule } from './rule.ts';

export interface SGDOptions extends CommonOptions {
  /** Default 1e-3. */
  readonly lr?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default 0. */
  readonly dampening?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}

const rule: UpdateRule<SGDOptions> = {
  name: 'SGD',
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false },
  kernel: () => 'sgd',
  states: ({ momentum }) => ({ momentum_buffer: momentum > 0 ? 0 : null }),
  check({ momentum, weightDecay, nesterov, dampening }) {
    checkAtLeastZero(momentum, 'momentum');
    checkAtLeastZero(weightDecay, 'weightDecay');
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new RangeError('SGD: nesterov needs momentum > 0 and dampening 0');
    }
  },
  words({ lr, momentum, dampening, weightDecay, nesterov }, step) {
    return [lr, momentum, 1 - dampening, weightDecay, Number(nesterov), step === 0 ? 1 : 0];
  },
  withMomentum: (group, momentum) => ({ ...group, momentum }),
};

/**
 * PyTorch's SGD (Sutskever et al. 2013, as torch.optim.SGD writes it): g += weightDecay·w; m = g on the first step, then
 * m = momentum·m + (1 − dampening)·g; w −= lr·(nesterov ? g + momentum·m : m).
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: ParametersOrGroups<SGDOptions>, options: SGDOptions = {}) {
    super(parameters, options, rule);
  }
}
