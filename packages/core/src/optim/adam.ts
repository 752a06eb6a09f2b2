/** Adam, and AdamW with decoupled weight decay. */
import type { Parameter } from '../nn/parameter.ts';
import { type ConstraintOptions, checkAtLeastZero, checkBelowOne, Optimizer } from './optimizer.ts';

export interface AdamOptions extends ConstraintOptions {
  /** Default 1e-3. */
  readonly lr?: number;
  /** Decay rates of the running means of g and g². Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default 1e-8. */
  readonly eps?: number;
  /** Default 0 for Adam, 0.01 for AdamW. */
  readonly weightDecay?: number;
}

/** Adam (Kingma & Ba 2015) as torch.optim.Adam writes it; weight decay is added to the gradient. */
export class Adam extends Optimizer {
  protected override readonly kernel = 'adam';
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  protected readonly decoupled: boolean = false;

  constructor(parameters: Iterable<Parameter>, options: AdamOptions = {}) {
    super(parameters, { ...options, lr: options.lr ?? 1e-3, stateNames: ['exp_avg', 'exp_avg_sq'] });
    const [beta1, beta2] = options.betas ?? [0.9, 0.999];
    this.betas = [checkBelowOne(beta1, 'betas[0]'), checkBelowOne(beta2, 'betas[1]')];
    this.eps = checkAtLeastZero(options.eps ?? 1e-8, 'eps');
    this.weightDecay = checkAtLeastZero(options.weightDecay ?? 0, 'weightDecay');
  }

  protected override kernelWords(step: number): number[] {
    const [beta1, beta2] = this.betas;
    const correction1 = 1 - integerPower(beta1, step + 1);
    const correction2 = 1 - integerPower(beta2, step + 1);
    const added = this.decoupled ? 0 : this.weightDecay;
    const kept = this.decoupled ? 1 - this.lr * this.weightDecay : 1;
    return [this.lr / correction1, 1 - beta1, beta2, 1 - beta2, this.eps, added, kept, Math.sqrt(correction2)];
  }
}

/** Adam with weight decay taken from the weight itself (Loshchilov & Hutter 2019), torch.optim.AdamW. */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(parameters: Iterable<Parameter>, options: AdamOptions = {}) {
    super(parameters, { ...options, weightDecay: options.weightDecay ?? 0.01 });
  }
}

/** base^exponent by squaring: products only, so every engine gives the same bits (`Math.pow` does not promise that). */
function integerPower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
