/** Losses of numbers: squares, absolute values, and what lies between. Input and target have one shape, any. */
import { type PairLossName, pairLossNode } from '../ops/pair-loss.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import { checkSameShape, type ReductionOptions, reduced } from './reduction.ts';

/** A loss of pairs that one kernel computes. */
export function pairLoss(name: PairLossName, x: Tensor, target: Tensor, a?: number): Tensor {
  const operands = { x: f32(x.node), target: f32(target.node), ...(a === undefined ? {} : { a }) };
  return derived(pairLossNode(name, operands), [x, target]);
}

/** (x − target)². @throws ShapeError for different shapes. */
export function mseLoss(x: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkSameShape(x, target, 'mseLoss');
  return reduced(x.sub(target).square(), options.reduction);
}

/** |x − target|; the gradient is 0 where they are equal. @throws ShapeError for different shapes. */
export function l1Loss(x: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkSameShape(x, target, 'l1Loss');
  return reduced(x.sub(target).abs(), options.reduction);
}

export interface SmoothL1Options extends ReductionOptions {
  /** Where the parabola ends, ≥ 0; 0 is `l1Loss`. Default 1. */
  readonly beta?: number;
}

/**
 * With d = |x − target|: ½d²/beta below beta, else d − ½·beta (Girshick 2015).
 * @throws ShapeError for different shapes, RangeError for a beta below 0.
 */
export function smoothL1Loss(x: Tensor, target: Tensor, { beta = 1, reduction }: SmoothL1Options = {}): Tensor {
  checkSameShape(x, target, 'smoothL1Loss');
  if (!(beta >= 0)) throw new RangeError(`smoothL1Loss: beta must be a number ≥ 0, got ${beta}`);
  if (beta === 0) return l1Loss(x, target, reduction ? { reduction } : {});
  return reduced(pairLoss('smoothL1', x, target, beta), reduction);
}

export interface HuberOptions extends ReductionOptions {
  /** Where the parabola ends, > 0. Default 1. */
  readonly delta?: number;
}

/**
 * With d = |x − target|: ½d² up to delta, then delta · (d − ½·delta) (Huber 1964).
 * @throws ShapeError for different shapes, RangeError for a delta that is not above 0.
 */
export function huberLoss(x: Tensor, target: Tensor, { delta = 1, reduction }: HuberOptions = {}): Tensor {
  checkSameShape(x, target, 'huberLoss');
  if (!(delta > 0)) throw new RangeError(`huberLoss: delta must be a number > 0, got ${delta}`);
  return reduced(pairLoss('huber', x, target, delta), reduction);
}
