/** Lion: the sign of a momentum. */
import { Optimizer } from './optimizer.ts';
import { type CommonOptions, checkAtLeastZero, checkBetas, type ParametersOrGroups, type UpdateRule } from './rule.ts';

export interface LionOptions extends CommonOptions {
  /** About a third to a tenth of what Adam takes. Default 1e-4. */
  readonly lr?: number;
  /** Shares of the momentum in the direction and in the next momentum. Default [0.9, 0.99]. */
  readonly betas?: readonly [number, number];
  /** Taken from the weight itself; about three to ten times of what AdamW takes. Default 0. */
  readonly weightDecay?: number;
}

const rule: UpdateRule<LionOptions> = {
  name: 'Lion',
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0 },
  kernel: () => 'lion',
  states: () => ({ exp_avg: 0 }),
  check({ betas, weightDecay }) {
    checkBetas(betas);
    checkAtLeastZero(weightDecay, 'weightDecay');
  },
  words({ lr, betas: [beta1, beta2], weightDecay }) {
    return [lr, beta1, 1 - beta1, beta2, 1 - beta2, 1 - lr * weightDecay];
  },
  withMomentum: (group, momentum) => ({ ...group, betas: [momentum, group.betas[1]] }),
};

/**
 * Lion (Chen et al. 2023, "Symbolic discovery of optimization algorithms", program 1): w = w·(1 − lr·weightDecay);
 * w −= lr·sign(β₁m + (1 − β₁)g); m = β₂m + (1 − β₂)g.
 */
export class Lion extends Optimizer<LionOptions> {
  constructor(parameters: ParametersOrGroups<LionOptions>, options: LionOptions = {}) {
    super(parameters, options, rule);
  }
}
