/** Cross-entropy between logits and class numbers or probabilities. */
import { makeNode } from '../graph/node.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { nllLossNode, targetWeightsNode } from '../ops/nll-loss.ts';
import { correct, crossEntropy as crossEntropyOp } from '../ops/softmax.ts';
import type { DType } from '../tensor/dtype.ts';
import { sameShape } from '../tensor/shape.ts';
import { derived, f32, Tensor } from '../tensor/tensor.ts';
import {
  type ClassLossOptions,
  checkClassWeight,
  nllOperands,
  reducedByWeight,
  rowsOfClasses,
  targetShape,
} from './class-rows.ts';
import { reduced } from './reduction.ts';

export interface CrossEntropyOptions extends ClassLossOptions {
  /** Share of every target that is spread evenly over all classes (Szegedy et al. 2016), in [0, 1]. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * −log softmax(logits)[target], PyTorch's `cross_entropy`: logits [B, C, d1, …] and targets i32 [B, d1, …] in [0, C), or [C] and []; or
 * probabilities f32 of the logits' shape, to which gradients flow too. → A scalar, or with `reduction: 'none'` the shape of class numbers.
 *
 * `mean` divides by the sum of the targets' weights; for probabilities by the number of rows. With logits [B, C] and without weight,
 * ignoreIndex and labelSmoothing, one kernel computes the loss: no target is looked for that is to be ignored, and targets out of range are
 * undefined behaviour (data sets check them when they are read). Otherwise such a target gives NaN, unless it is ignoreIndex.
 * @throws ShapeError for other shapes and dtypes, RangeError for options out of range.
 */
export function crossEntropy(logits: Tensor, targets: Tensor<DType>, options: CrossEntropyOptions = {}): Tensor {
  const { reduction, weight, ignoreIndex, labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing must be in [0, 1], got ${labelSmoothing}`);
  }
  if (targets.dtype === 'f32' && targets.rank > 0 && sameShape(targets.shape, logits.shape)) {
    return ofProbabilities(logits, targets as Tensor<DType> as Tensor, options);
  }
  if (logits.rank === 2 && !weight && ignoreIndex === undefined && labelSmoothing === 0) {
    const losses = derived(makeNode(crossEntropyOp, [f32(logits.node), targets.node], {}), [logits]);
    return reduced(losses, reduction);
  }
  return ofClasses(logits, targets, { ...options, labelSmoothing });
}

/** (1 − ε) · −w[t] · log p[t] + ε/C · Σ −w[c] · log p[c] with the class numbers t, 0 where they are ignored. */
function ofClasses(
  logits: Tensor,
  targets: Tensor<DType>,
  options: CrossEntropyOptions & { labelSmoothing: number },
): Tensor {
  const { labelSmoothing, weight } = options;
  const operands = nllOperands(logits, targets, { ...options, where: 'crossEntropy' });
  const logs = rowsOfClasses(logits).logSoftmax();
  let losses = derived(nllLossNode(f32(logs.node), operands), [logs]);
  if (labelSmoothing > 0) {
    const spread = (weight ? logs.mul(weight.detach()) : logs).sum(1).mul(-labelSmoothing / operands.classes);
    const counted = targetWeightsNode({ ...operands, weight: undefined });
    losses = losses.mul(1 - labelSmoothing).add(derived(binaryNode('wherePositive', spread.node, counted), [spread]));
  }
  return reducedByWeight(losses, operands, { reduction: options.reduction, shape: targets.shape });
}

/** −Σ w[c] · t[c] · log p[c] with the probabilities t, smoothed: (1 − ε) · t + ε/C. */
function ofProbabilities(logits: Tensor, targets: Tensor, options: CrossEntropyOptions): Tensor {
  const { labelSmoothing = 0, weight, reduction } = options;
  if (options.ignoreIndex !== undefined && options.ignoreIndex >= 0)
    throw new RangeError('crossEntropy: ignoreIndex has no meaning for targets that are probabilities');
  const rows = rowsOfClasses(logits);
  const classes = rows.shape[1]!;
  checkClassWeight(weight, classes, 'crossEntropy');
  const probabilities = rowsOfClasses(targets);
  const smoothed =
    labelSmoothing > 0 ? probabilities.mul(1 - labelSmoothing).add(labelSmoothing / classes) : probabilities;
  const logs = weight ? rows.logSoftmax().mul(weight.detach()) : rows.logSoftmax();
  const losses = smoothed.mul(logs).sum(1).neg();
  if (reduction !== 'none') return reduced(losses, reduction);
  return losses.reshape(targetShape(logits));
}

/** 1 where the largest logit is the target's, else 0: [B, C], i32 [B] → [B]. */
export function correctPredictions(logits: Tensor, targets: Tensor<'i32'>): Tensor {
  return new Tensor(makeNode(correct, [f32(logits.node), targets.node], {}));
}
