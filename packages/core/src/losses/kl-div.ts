/** The Kullback–Leibler divergence. */
import type { Tensor } from '../tensor/tensor.ts';
import { checkSameShape, type Reduction, reduced } from './reduction.ts';

/** `batchMean` is the sum divided by the samples, which is the divergence of a batch of distributions; `mean` divides by all elements. */
export type KlDivReduction = Reduction | 'batchMean';

/** The least positive f32: log of it times 0 is 0. */
const leastPositive = 2 ** -149;

/**
 * target · (log target − input), elementwise: PyTorch's `kl_div`, with `input` the LOGARITHM of the model's probabilities, and target
 * probabilities (their logarithms with `logTarget`), of one shape. Terms of target 0 are 0. Default reduction `mean`, as PyTorch's.
 * @throws ShapeError for different shapes.
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  options: { reduction?: KlDivReduction; logTarget?: boolean } = {},
): Tensor {
  checkSameShape(input, target, 'klDiv');
  const { reduction = 'mean', logTarget = false } = options;
  const [p, logP] = logTarget ? [target.exp(), target] : [target, target.maximum(leastPositive).log()];
  const terms = p.mul(logP.sub(input));
  if (reduction !== 'batchMean') return reduced(terms, reduction);
  return terms.sum().div(input.shape[0] ?? 1);
}
