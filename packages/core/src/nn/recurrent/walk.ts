/** One layer and direction of a recurrent network as a function of tensors. */
import { ShapeError } from '../../errors.ts';
import { type RecurrentKind, recurrentNode } from '../../ops/recurrent.ts';
import { formatShape } from '../../tensor/shape.ts';
import { derived, f32, type Tensor } from '../../tensor/tensor.ts';
import { linear } from '../functional.ts';

export interface WalkParameters {
  /** [G·H, F]. */
  readonly weightIh: Tensor;
  /** [G·H, H]. */
  readonly weightHh: Tensor;
  /** [G·H]. */
  readonly biasIh: Tensor | null;
  /** [G·H]. */
  readonly biasHh: Tensor | null;
}

export interface WalkOptions {
  readonly kind: RecurrentKind;
  readonly reverse: boolean;
  /** [B, H]. Default: zeros. */
  readonly hidden?: Tensor | undefined;
  /** [B, H], of an LSTM. Default: zeros. */
  readonly cell?: Tensor | undefined;
  readonly lengths?: Tensor<'i32'> | undefined;
  readonly where: string;
}

export interface Walked {
  /** [B, T, H]. */
  readonly output: Tensor;
  /** [B, H]. */
  readonly hidden: Tensor;
  /** [B, H], of an LSTM. */
  readonly cell?: Tensor;
}

/** x [B, T, F] through one layer in one direction. */
export function walkSequence(x: Tensor, parameters: WalkParameters, options: WalkOptions): Walked {
  const { kind, reverse, hidden, cell, lengths, where } = options;
  const { weightIh, weightHh, biasIh, biasHh } = parameters;
  const gates = linear(x, weightIh, { bias: biasIh, where });
  const [samples, steps] = x.shape as [number, number];
  const size = weightHh.shape[1]!;
  const inputs = {
    gates: gates.node,
    weight: f32(weightHh.node),
    ...(biasHh ? { bias: f32(biasHh.node) } : {}),
    ...(hidden ? { hidden: f32(hidden.node) } : {}),
    ...(cell ? { cell: f32(cell.node) } : {}),
    ...(lengths ? { lengths: lengths.node } : {}),
  };
  const tensors = [gates, weightHh, biasHh, hidden, cell].filter((tensor) => tensor instanceof Object) as Tensor[];
  const walked = derived(recurrentNode(inputs, { kind, reverse }), tensors);
  const part = (first: number, count: number): Tensor =>
    walked.slice([null, { start: first * size, end: (first + count) * size }]);
  return {
    output: part(0, steps).reshape([samples, steps, size]),
    hidden: part(steps, 1),
    ...(kind === 'lstm' ? { cell: part(steps + 1, 1) } : {}),
  };
}

/** ShapeError unless `lengths` is i32 [B]. */
export function checkLengths(lengths: Tensor<'i32'> | undefined, samples: number, where: string): void {
  if (!lengths || (lengths.dtype === 'i32' && lengths.rank === 1 && lengths.shape[0] === samples)) return;
  throw new ShapeError(
    `${where}: lengths: expected i32 [${samples}], one number of steps a sample, got ${lengths.dtype} ${formatShape(lengths.shape)}`,
  );
}
