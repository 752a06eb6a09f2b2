/** Losses of classes as rows: shapes and checks that cross-entropy and the negative log-likelihood share. */
import { ShapeError } from '../errors.ts';
import { type NllOperands, targetWeightsNode } from '../ops/nll-loss.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { f32, Tensor } from '../tensor/tensor.ts';
import { type Reduction, type ReductionOptions, reduced } from './reduction.ts';

export interface ClassLossOptions extends ReductionOptions {
  /** Weight of each class, f32 [C]; no gradient flows to it. Default: all 1. */
  readonly weight?: Tensor | null;
  /** Targets of this number count nothing. Default −100. */
  readonly ignoreIndex?: number;
}

/** The axis of the classes: 1 of [B, C, d1, …], 0 of [C]. */
function classAxis({ rank }: Tensor): number {
  return Math.min(1, rank - 1);
}

/** The shape of class numbers: without the axis of the classes. */
export function targetShape(input: Tensor): number[] {
  return input.shape.filter((_, axis) => axis !== classAxis(input));
}

/** [B, C, d1, …] as rows [B·d1·…, C]; [C] as one row. */
export function rowsOfClasses(input: Tensor): Tensor {
  const rows = [sizeOf(targetShape(input)), input.shape[classAxis(input)]!];
  if (input.rank <= 2) return input.reshape(rows);
  const spatial = input.shape.map((_, axis) => axis).slice(2);
  return input.permute([0, ...spatial, 1]).reshape(rows);
}

/** Checks input [B, C, d1, …] with targets i32 [B, d1, …], or [C] with []; and the weight [C]. */
export function nllOperands(
  input: Tensor,
  targets: Tensor<DType>,
  options: ClassLossOptions & { where: string },
): NllOperands {
  const { where, weight, ignoreIndex = -100 } = options;
  if (input.rank === 0 || targets.dtype !== 'i32' || !sameShape(targets.shape, targetShape(input))) {
    throw new ShapeError(
      `${where}: expected an input f32 [B, C, …] and targets i32 [B, …], got ${input.dtype} ${formatShape(input.shape)} and ${targets.dtype} ${formatShape(targets.shape)}`,
    );
  }
  if (!Number.isInteger(ignoreIndex)) {
    throw new RangeError(`${where}: ignoreIndex must be a whole number, got ${String(ignoreIndex)}`);
  }
  const classes = input.shape[classAxis(input)]!;
  checkClassWeight(weight, classes, where);
  const rows = targets.reshape([targets.size]).node;
  return { targets: rows, weight: weight ? f32(weight.node) : undefined, classes, ignoreIndex };
}

export function checkClassWeight(weight: Tensor | null | undefined, classes: number, where: string): void {
  if (weight && (weight.rank !== 1 || weight.size !== classes)) {
    throw new ShapeError(`${where}: expected a weight of shape [${classes}], got ${formatShape(weight.shape)}`);
  }
}

/** The losses of the rows under the targets' shape, their sum, or their sum divided by the sum of the targets' weights. */
export function reducedByWeight(
  losses: Tensor,
  operands: NllOperands,
  to: { reduction: Reduction | undefined; shape: Shape },
): Tensor {
  const { reduction = 'mean', shape } = to;
  if (reduction === 'none') return losses.reshape(shape);
  if (reduction === 'mean') return losses.sum().div(new Tensor(targetWeightsNode(operands)).sum());
  return reduced(losses, reduction);
}
