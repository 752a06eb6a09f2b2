/** Adagrad: the gradient over the root of the sum of all its squares. */
import { Optimizer } from './optimizer.ts';
import { type CommonOptions, checkAtLeastZero, type ParametersOrGroups, type UpdateRule } from './rule.ts';

export interface AdagradOptions extends CommonOptions {
  /** Default 1e-2. */
  readonly lr?: number;
  /** Default 0. */
  readonly lrDecay?: number;
  /** Added to the gradient. Default 0. */
  readonly weightDecay?: number;
  /** What the sums of squares begin with. Default 0. */
  readonly initialAccumulatorValue?: number;
  /** Default 1e-10. */
  readonly eps?: number;
}

const rule: UpdateRule<AdagradOptions> = {
  name: 'Adagrad',
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 },
  kernel: () => 'adagrad',
  states: ({ initialAccumulatorValue }) => ({ sum: initialAccumulatorValue }),
  check({ lrDecay, weightDecay, initialAccumulatorValue, eps }) {
    checkAtLeastZero(lrDecay, 'lrDecay');
    checkAtLeastZero(weightDecay, 'weightDecay');
    checkAtLeastZero(initialAccumulatorValue, 'initialAccumulatorValue');
    checkAtLeastZero(eps, 'eps');
  },
  words: ({ lr, lrDecay, weightDecay, eps }, step) => [lr / (1 + step * lrDecay), eps, weightDecay],
};

/**
 * Adagrad (Duchi, Hazan & Singer 2011) as torch.optim.Adagrad writes it: g += weightDecay·w; s += g²;
 * w −= lr/(1 + (t − 1)·lrDecay)·g/(√s + eps).
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(parameters: ParametersOrGroups<AdagradOptions>, options: AdagradOptions = {}) {
    super(parameters, options, rule);
  }
}
