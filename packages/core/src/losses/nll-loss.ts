/** The negative log-likelihood of class numbers. */
import { nllLossNode } from '../ops/nll-loss.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import { type ClassLossOptions, nllOperands, reducedByWeight, rowsOfClasses } from './class-rows.ts';

/**
 * −weight[target] · input[target], for log-probabilities [B, C, d1, …] and targets i32 [B, d1, …] in [0, C), or [C] and [] → a scalar, or
 * the targets' shape with `reduction: 'none'`. `mean` divides by the sum of the targets' weights. Targets of `ignoreIndex` count nothing;
 * any other target outside [0, C) gives NaN. PyTorch's `nll_loss`.
 * @throws ShapeError for other shapes and dtypes, RangeError for an ignoreIndex that is not a whole number.
 */
export function nllLoss(input: Tensor, target: Tensor<'i32'>, options: ClassLossOptions = {}): Tensor {
  const operands = nllOperands(input, target, { ...options, where: 'nllLoss' });
  const rows = rowsOfClasses(input);
  const losses = derived(nllLossNode(f32(rows.node), operands), [rows]);
  return reducedByWeight(losses, operands, { reduction: options.reduction, shape: target.shape });
}
