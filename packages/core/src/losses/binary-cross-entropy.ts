/** Cross-entropy of yes-or-no targets, from probabilities and from logits. */
import { ShapeError } from '../errors.ts';
import { logsigmoid } from '../nn/activations/functions.ts';
import { broadcastShapes, formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { checkSameShape, type ReductionOptions, reduced } from './reduction.ts';
import { pairLoss } from './regression.ts';

export interface BCEOptions extends ReductionOptions {
  /** Multiplies the loss of each element; broadcast to the input. Default: none. */
  readonly weight?: Tensor | null;
}

export interface BCEWithLogitsOptions extends BCEOptions {
  /** Weight of the targets' positive part; broadcast to the input, usually [C]. Default: none. */
  readonly posWeight?: Tensor | null;
}

/**
 * −target · log x − (1 − target) · log(1 − x), for probabilities x and targets in [0, 1] of one shape, any. Logarithms count as −100 at
 * least, so that the loss stays finite. From logits use `binaryCrossEntropyWithLogits`, which keeps its digits.
 * @throws ShapeError for different shapes, and a weight that does not broadcast to them.
 */
export function binaryCrossEntropy(x: Tensor, target: Tensor, options: BCEOptions = {}): Tensor {
  const where = 'binaryCrossEntropy';
  checkSameShape(x, target, where);
  return reduced(weighted(pairLoss('bce', x, target), options.weight, where), options.reduction);
}

/**
 * −posWeight · target · log σ(x) − (1 − target) · log(1 − σ(x)), for logits x and targets in [0, 1] of one shape, any; without overflow
 * or cancellation for any x.
 * @throws ShapeError for different shapes, and weights that do not broadcast to them.
 */
export function binaryCrossEntropyWithLogits(x: Tensor, target: Tensor, options: BCEWithLogitsOptions = {}): Tensor {
  const where = 'binaryCrossEntropyWithLogits';
  checkSameShape(x, target, where);
  const { weight, posWeight, reduction } = options;
  if (!posWeight) return reduced(weighted(pairLoss('bceWithLogits', x, target), weight, where), reduction);
  const hit = weighted(target.mul(logsigmoid(x)), posWeight, `${where}: posWeight`);
  const miss = target.neg().add(1).mul(logsigmoid(x.neg()));
  return reduced(weighted(hit.add(miss).neg(), weight, where), reduction);
}

function weighted(losses: Tensor, weight: Tensor | null | undefined, where: string): Tensor {
  if (!weight) return losses;
  if (!sameShape(broadcastShapes(losses.shape, weight.shape, where), losses.shape)) {
    throw new ShapeError(
      `${where}: a weight of shape ${formatShape(weight.shape)} does not broadcast to ${formatShape(losses.shape)}`,
    );
  }
  return losses.mul(weight);
}
