/** Cross-entropy between logits and class numbers. */
import { makeNode } from '../graph/node.ts';
import { correct, crossEntropy as crossEntropyOp } from '../ops/softmax.ts';
import { derived, f32, Tensor } from '../tensor/tensor.ts';
import { type Reduction, reduced } from './reduction.ts';

/**
 * −log softmax(logits)[target], over logits [B, C] and targets i32 [B] in [0, C) → a scalar (mean or sum over B), or [B] with
 * `reduction: 'none'`. PyTorch's `cross_entropy`. Targets out of range are undefined behaviour: data sets check them when they are read.
 */
export function crossEntropy(logits: Tensor, targets: Tensor<'i32'>, options: { reduction?: Reduction } = {}): Tensor {
  const losses = derived(makeNode(crossEntropyOp, [f32(logits.node), targets.node], {}), [logits]);
  return reduced(losses, options.reduction);
}

/** 1 where the largest logit is the target's, else 0: [B, C], i32 [B] → [B]. */
export function correctPredictions(logits: Tensor, targets: Tensor<'i32'>): Tensor {
  return new Tensor(makeNode(correct, [f32(logits.node), targets.node], {}));
}
