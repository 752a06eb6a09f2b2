/** Concrete dropout as a function of tensors. */
import { ShapeError } from '../../errors.ts';
import { binaryNode } from '../../ops/elementwise.ts';
import { noiseNode } from '../../ops/noise.ts';
import { fullNode } from '../../ops/source.ts';
import { formatShape } from '../../tensor/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type DrawOptions, drawSite } from './draw.ts';

export interface ConcreteDropoutOptions extends DrawOptions {
  /** How far masks are from 0 and 1, > 0: the lower, the closer. Default 0.1. */
  readonly temperature?: number;
}

/** The logit is used within ± this, so that p and 1 − p are never 0 in f32: from 3.1e-7 to 1 − 3.1e-7. */
export const mostLogit = 15;

/**
 * Concrete dropout (Gal, Hron & Kendall 2017): dropout whose probability p = σ(logit) is learned. With u uniform in (0, 1) for every element,
 * z = σ((log p − log(1 − p) + log u − log(1 − u))/temperature) is close to 1 with probability p, and y = x·(1 − z)/(1 − p), which has
 * gradients in x and the logit. x: any shape; `logit`: [1]. The input itself when not training.
 * @throws RangeError for a temperature that is not above 0, ShapeError for more than one logit.
 */
export function concreteDropout(x: Tensor, logit: Tensor, options: ConcreteDropoutOptions = {}): Tensor {
  const { temperature = 0.1 } = options;
  checkTemperature(temperature, 'concreteDropout');
  if (logit.size !== 1)
    throw new ShapeError(`concreteDropout: expected a logit of shape [1], got ${formatShape(logit.shape)}`);
  const draw = drawSite(options, 'concreteDropout');
  return draw ? concretely(x, logit, { u: new Tensor(noiseNode(x.shape, draw)), temperature }) : x;
}

/** The formula, with u given. */
export function concretely(x: Tensor, logit: Tensor, given: { u: Tensor; temperature: number }): Tensor {
  const { u, temperature } = given;
  const bounded = boundedLogit(logit);
  // 1 − z = σ(−…): from its own sigmoid, so that nothing cancels.
  const noise = new Tensor(binaryNode('rsub', u.node, fullNode([], 1))).log().sub(u.log());
  const kept = noise.sub(bounded).div(temperature).sigmoid();
  return x.mul(kept).div(bounded.neg().sigmoid());
}

export function boundedLogit(logit: Tensor): Tensor {
  return logit.reshape([1]).maximum(-mostLogit).minimum(mostLogit);
}

/** RangeError unless the temperature is above 0. */
export function checkTemperature(temperature: number, where: string): void {
  if (!(temperature > 0)) throw new RangeError(`${where}: temperature must be a number > 0, got ${temperature}`);
}
