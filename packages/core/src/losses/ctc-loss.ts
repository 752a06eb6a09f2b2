/** Connectionist temporal classification: the loss of sequences whose alignment is not known. */
import { ShapeError } from '../errors.ts';
import type { Node } from '../graph/node.ts';
import { ctcLossNode } from '../ops/ctc-loss.ts';
import { permuteNode } from '../ops/shape-ops.ts';
import { tensor } from '../tensor/create.ts';
import { formatShape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import { checkReduction, type ReductionOptions, reduced } from './reduction.ts';

export interface CTCOptions extends ReductionOptions {
  /** The class that stands for no label. Default 0. */
  readonly blank?: number;
  /** Losses of samples without any alignment count 0, as do their gradients. Default false: the loss is ∞, the gradient NaN. */
  readonly zeroInfinity?: boolean;
}

/** One length for each sample. */
export type Lengths = Tensor<'i32'> | readonly number[];

/**
 * −log of the probability of all alignments (Graves et al. 2006), PyTorch's `ctc_loss`: logarithms of probabilities [T, N, C] (time first),
 * targets i32 [N, S] of which the first targetLengths[n] count (≤ S), and inputLengths [N] (≤ T) → a scalar, or [N] with `reduction: 'none'`.
 * `mean` divides each loss by its target's length (at least 1) first. An alignment repeats labels and puts blanks between, at least one
 * between two equal labels. Lengths or labels of a tensor that are out of range make the sample's loss NaN.
 *
 * The gradient is PyTorch's: that of logits whose log-softmax the input is, less the log-softmax's own part; take it through
 * `logSoftmax`, whose gradient leaves it as it is.
 * @throws ShapeError for other shapes, RangeError for lengths or a blank out of range.
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor<'i32'>,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CTCOptions = {},
): Tensor {
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  const [time, batch, classes] = logProbs.shape as [number, number, number];
  if (logProbs.rank !== 3 || targets.rank !== 2 || targets.dtype !== 'i32' || targets.shape[0] !== batch) {
    throw new ShapeError(
      `ctcLoss: expected log-probabilities [T, N, C] and targets i32 [N, S], got ${formatShape(logProbs.shape)} and ${targets.dtype} ${formatShape(targets.shape)}`,
    );
  }
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes))
    throw new RangeError(`ctcLoss: blank must be one of the ${classes} classes, got ${blank}`);
  checkReduction(reduction);
  const steps = lengthsOf(inputLengths, { batch, most: time, where: 'inputLengths' });
  const lengths = lengthsOf(targetLengths, { batch, most: targets.shape[1]!, where: 'targetLengths' });
  const inputs = [batchFirst(f32(logProbs.node)), targets.node, steps.node, lengths.node] as const;
  const losses = derived(ctcLossNode(inputs, { blank, zeroInfinity }), [logProbs]);
  return reduced(reduction === 'mean' ? losses.div(lengths.maximum(1)) : losses, reduction);
}

/** [T, N, C] → [N, T, C]. Where a model's [N, T, C] was turned around only for this loss, it is taken as it was. */
function batchFirst(x: Node): Node {
  const turned = x.op.name === 'permute' && !x.storage && x.attrs.order.join() === '1,0,2';
  return turned ? x.inputs[0]! : permuteNode(x, [1, 0, 2]);
}

function lengthsOf(lengths: Lengths, of: { batch: number; most: number; where: string }): Tensor<'i32'> {
  const { batch, most, where } = of;
  if (Array.isArray(lengths)) {
    const wrong = lengths.find((length) => !Number.isInteger(length) || length < 0 || length > most);
    if (wrong !== undefined || lengths.length !== batch) {
      throw new RangeError(
        `ctcLoss: ${where} must be ${batch} whole numbers from 0 to ${most}, got [${lengths.join(', ')}]`,
      );
    }
    return tensor(lengths, { dtype: 'i32' });
  }
  const given = lengths as Tensor<'i32'>;
  if (given.dtype !== 'i32' || given.rank !== 1 || given.size !== batch) {
    throw new ShapeError(`ctcLoss: expected ${where} i32 [${batch}], got ${given.dtype} ${formatShape(given.shape)}`);
  }
  return given;
}
