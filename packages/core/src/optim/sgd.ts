/** Stochastic gradient descent with momentum. */
import type { Parameter } from '../nn/parameter.ts';
import { type ConstraintOptions, checkAtLeastZero, Optimizer } from './optimizer.ts';

export interface SGDOptions extends ConstraintOptions {
  readonly lr: number;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly weightDecay?: number;
  readonly nesterov?: boolean;
}

/**
 * PyTorch's SGD (Sutskever et al. 2013, as torch.optim.SGD writes it): g += weightDecay·w; m = g on the first step, then
 * m = momentum·m + (1 − dampening)·g; w −= lr·(nesterov ? g + momentum·m : m).
 */
export class SGD extends Optimizer {
  protected override readonly kernel = 'sgd';
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;

  constructor(parameters: Iterable<Parameter>, options: SGDOptions) {
    const { lr, momentum = 0, dampening = 0, weightDecay = 0, nesterov = false } = options;
    super(parameters, { ...options, lr, stateNames: momentum > 0 ? ['momentum_buffer'] : [] });
    this.momentum = checkAtLeastZero(momentum, 'momentum');
    this.dampening = dampening;
    this.weightDecay = checkAtLeastZero(weightDecay, 'weightDecay');
    this.nesterov = nesterov;
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new RangeError('SGD: nesterov needs momentum > 0 and dampening 0');
    }
  }

  protected override kernelWords(step: number): number[] {
    const first = step === 0 ? 1 : 0;
    return [this.lr, this.momentum, 1 - this.dampening, this.weightDecay, Number(this.nesterov), first];
  }
}
