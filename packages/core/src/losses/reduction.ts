/** From the losses of the elements to one number. */
import { ShapeError } from '../errors.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape, sameShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** `none` keeps the losses of the elements. Default `mean`. */
  readonly reduction?: Reduction;
}

/** The reduction, or a RangeError if it is none of the three. */
export function checkReduction(reduction: Reduction): Reduction {
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return reduction;
  throw new RangeError(`reduction must be 'mean', 'sum' or 'none', got ${String(reduction)}`);
}

/** @throws RangeError for another reduction than the three. */
export function reduced(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (checkReduction(reduction) === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}

/** ShapeError that names both unless the target has the input's shape. */
export function checkSameShape(input: Tensor, target: Tensor<DType>, where: string): void {
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    `${where}: input ${formatShape(input.shape)} and target ${formatShape(target.shape)} must have one shape`,
  );
}
