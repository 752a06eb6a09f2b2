/** Sizes of windows along one or two axes: checks of what users give, and batches of one. */
import { ShapeError } from '../errors.ts';
import type { Pair } from '../ops/conv-geometry.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** One number for both axes, or [height, width]. */
export type Size = number | Pair;
/** A number, or a list of one. */
export type Size1d = number | readonly [number];

/** One number for both axes, or [height, width]. */
export function pair(value: Size): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

/** Two integers of at least `least`. @throws RangeError that starts with `where`. */
export function checkPair(value: Size, least: number, where: string): Pair {
  const result = pair(value);
  if (result.length !== 2 || result.some((part) => !Number.isInteger(part) || part < least)) {
    throw new RangeError(`${where} must be an integer ≥ ${least} or two of them, got ${JSON.stringify(value)}`);
  }
  return result;
}

/** One integer of at least `least`. @throws RangeError that starts with `where`. */
export function checkSingle(value: Size1d, least: number, where: string): number {
  const list = typeof value === 'number' ? [value] : value;
  if (list.length !== 1 || !Number.isInteger(list[0]) || list[0]! < least) {
    throw new RangeError(`${where} must be an integer ≥ ${least}, got ${JSON.stringify(value)}`);
  }
  return list[0]!;
}

/** Images without a batch axis are a batch of one. */
export function onBatches(x: Tensor, apply: (input: Tensor) => Tensor): Tensor {
  if (x.rank !== 3) return apply(x);
  const result = apply(x.unsqueeze(0));
  return result.reshape(result.shape.slice(1));
}

/** Sequences [B, C, L] or [C, L] as images of one row, and back. @throws ShapeError for other ranks. */
export function asRows(x: Tensor, where: string, apply: (input: Tensor) => Tensor): Tensor {
  if (x.rank !== 2 && x.rank !== 3)
    throw new ShapeError(`${where}: expected an input of shape [B, C, L] or [C, L], got ${formatShape(x.shape)}`);
  const [channels, length] = x.shape.slice(-2) as [number, number];
  const result = apply(x.reshape([x.rank === 3 ? x.shape[0]! : 1, channels, 1, length]));
  const [samples, outputs, , extent] = result.shape as [number, number, number, number];
  return result.reshape(x.rank === 3 ? [samples, outputs, extent] : [outputs, extent]);
}
