/** The concrete dropout layer. */

import { expm1 } from '../../math/expm1.ts';
import { tensor } from '../../tensor/create.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { Parameter } from '../parameter.ts';
import { boundedLogit, checkTemperature, mostLogit } from './concrete-function.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

export interface ConcreteDropoutConfig extends Omit<DropoutConfig, 'schedule'> {
  /** How far masks are from 0 and 1, > 0: the lower, the closer. Default 0.1. */
  readonly temperature?: number;
}

export interface ConcreteRegularization {
  /** l²/N for a prior of length scale l and N training samples (times the noise's variance in regression). Default 1e-6. */
  readonly weightRegularizer?: number;
  /** 1/N (times twice the noise's variance in regression). Default 1e-5. */
  readonly dropoutRegularizer?: number;
  /** Elements of a sample of the layer's input. Default: what a row of the first weight (of the next layer) reads. */
  readonly features?: number;
}

/**
 * Dropout that learns its probability (concrete dropout, Gal, Hron & Kendall 2017) on tensors of any shape; see `F.concreteDropout` for the
 * formula. Place one before each layer whose input is to be dropped, and add `regularization` of that layer's weights to the loss: without
 * it p tends to 0. In evaluation the input itself is returned; Monte Carlo predictions come from training mode.
 *
 * `logit` [1], the logarithm of p/(1 − p), is what is trained; it is used within ±15, so p stays in (0, 1). Schedules have no effect.
 */
export class ConcreteDropout extends DropoutModule {
  readonly logit: Parameter;
  readonly temperature: number;

  /** `p`: at first, 0.1 by default. @throws RangeError if p is not in (0, 1), or for a temperature that is not above 0. */
  constructor(p = 0.1, options: ConcreteDropoutConfig = {}) {
    const { temperature = 0.1, ...config } = options;
    super(checkedStart(p), config);
    checkTemperature(temperature, 'ConcreteDropout');
    this.temperature = temperature;
    this.logit = new Parameter(
      tensor([p])
        .log()
        .sub(tensor([1 - p]).log()),
    );
  }

  /** The current probability, σ(logit): a number to look at, in (0, 1). */
  override get p(): number {
    const logit = Math.min(mostLogit, Math.max(-mostLogit, this.logit.data[0]!));
    return 1 / (2 + expm1(-logit));
  }

  override forward(x: Tensor): Tensor {
    const { training, temperature, config } = this;
    return F.concreteDropout(x, this.logit, { ...config, training, temperature });
  }

  /**
   * The layer's term of the loss, [1] → one number: weightRegularizer · Σ‖W‖²/(1 − p) over the weights (and biases) of the layer that reads
   * the result, plus dropoutRegularizer · features · (p·log p + (1 − p)·log(1 − p)), which is least at p = ½.
   * @throws RangeError without a weight to take the number of features from.
   */
  regularization(weights: readonly Tensor[], options: ConcreteRegularization = {}): Tensor {
    const { weightRegularizer = 1e-6, dropoutRegularizer = 1e-5 } = options;
    const features = options.features ?? (weights[0] && sizeOf(weights[0].shape.slice(1)));
    if (features === undefined)
      throw new RangeError('ConcreteDropout: regularization needs the weights of the next layer, or `features`');
    const logit = boundedLogit(this.logit);
    const [dropped, kept] = [logit.sigmoid(), logit.neg().sigmoid()];
    const entropy = dropped
      .mul(dropped.log())
      .add(kept.mul(kept.log()))
      .mul(dropoutRegularizer * features);
    const squares = weights.map((weight) => weight.square().sum());
    if (squares.length === 0) return entropy.sum();
    const norm = squares.reduce((sum, square) => sum.add(square));
    return norm.mul(weightRegularizer).div(kept).add(entropy).sum();
  }

  override describe(): string {
    return `ConcreteDropout(${Number(this.p.toPrecision(4))})`;
  }
}

function checkedStart(p: number): number {
  F.checkProbability(p, 'ConcreteDropout');
  if (p === 0 || p === 1)
    throw new RangeError(`ConcreteDropout: p is learned and must start inside of (0, 1), got ${p}`);
  return p;
}
