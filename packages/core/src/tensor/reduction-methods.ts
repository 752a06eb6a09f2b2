/** Reductions over axes, and softmax along one. */
import { makeNode } from '../graph/node.ts';
import { meanNode, type ReduceOptions, sumNode } from '../ops/broadcast.ts';
import { f32 } from '../ops/cast.ts';
import { argMaxNode, maxNode } from '../ops/max.ts';
import { alongLast } from '../ops/rearrange.ts';
import { prodNode } from '../ops/scan.ts';
import { logSoftmax as logSoftmaxOp, softmax as softmaxOp } from '../ops/softmax.ts';
import {
  allNode,
  anyNode,
  argMinNode,
  countNonzeroNode,
  logSumExpNode,
  minNode,
  normNode,
  stdNode,
  varNode,
} from '../ops/statistics.ts';
import type { DType } from './dtype.ts';
import { ProductMethods } from './product-methods.ts';
import { normalizeAxes, normalizeAxis } from './shape.ts';
import type { Tensor } from './tensor.ts';

export interface AxesOptions {
  /** Keep reduced axes with extent 1. Default false. */
  readonly keepDims?: boolean;
}

/** One axis or several, counted from either end; left out: all. */
export type Axes = number | readonly number[];

export interface VarianceOptions extends AxesOptions {
  /** Subtracted from the number of elements in the divisor. Default 1: the unbiased estimate. */
  readonly correction?: number;
}

export abstract class ReductionMethods<D extends DType = 'f32'> extends ProductMethods<D> {
  /** Sum over the axes (all when left out). */
  sum(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.derive(sumNode(f32(this.node), this.reduction('sum', axes, options)));
  }
  mean(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.derive(meanNode(f32(this.node), this.reduction('mean', axes, options)));
  }
  /** Product over the axes; zeros have their true gradients. */
  prod(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.derive(prodNode(f32(this.node), this.reduction('prod', axes, options)));
  }
  /** Σ (x − mean)² ÷ (n − correction) over the axes. */
  var(axes?: Axes, options: VarianceOptions = {}): Tensor {
    const { correction = 1 } = options;
    return this.derive(varNode(f32(this.node), { ...this.reduction('var', axes, options), correction }));
  }
  /** The square root of `var`; its gradient is 0 where all elements are equal. */
  std(axes?: Axes, options: VarianceOptions = {}): Tensor {
    const { correction = 1 } = options;
    return this.derive(stdNode(f32(this.node), { ...this.reduction('std', axes, options), correction }));
  }
  /**
   * The p-norm (Σ |x|^p)^(1/p) over the axes: for p = ∞ the largest |x|, for −∞ the smallest, for 0 the number of nonzeros. 'fro' is 2.
   * Its gradient is 0 where it is 0.
   */
  norm(p: number | 'fro' = 2, axes?: Axes, options: AxesOptions = {}): Tensor {
    const exponent = p === 'fro' ? 2 : p;
    if (typeof exponent !== 'number' || Number.isNaN(exponent))
      throw new RangeError(`norm: p is a number or 'fro', got ${String(p)}`);
    return this.derive(normNode(f32(this.node), exponent, this.reduction('norm', axes, options)));
  }
  /** ln Σ e^x over the axes, without overflow. */
  logsumexp(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.derive(logSumExpNode(f32(this.node), this.reduction('logsumexp', axes, options)));
  }
  /** Maximum over the axes; ties share the gradient evenly. */
  amax(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.derive(maxNode(f32(this.node), this.reduction('amax', axes, options)));
  }
  /** Minimum over the axes; ties share the gradient evenly. */
  amin(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.derive(minNode(f32(this.node), this.reduction('amin', axes, options)));
  }
  /** Index of the first maximum along an axis, or in the flattened tensor; i32. NaN is the largest. */
  argmax(axis?: number, options: AxesOptions = {}): Tensor<'i32'> {
    return this.constant<'i32'>(argMaxNode(f32(this.node), this.reduction('argmax', axis, options)));
  }
  /** Index of the first minimum along an axis, or in the flattened tensor; i32. NaN is the smallest. */
  argmin(axis?: number, options: AxesOptions = {}): Tensor<'i32'> {
    return this.constant<'i32'>(argMinNode(f32(this.node), this.reduction('argmin', axis, options)));
  }
  /** A mask: 1 where one element over the axes is not 0. */
  any(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.constant(anyNode(f32(this.node), this.reduction('any', axes, options)));
  }
  /** A mask: 1 where no element over the axes is 0. */
  all(axes?: Axes, options: AxesOptions = {}): Tensor {
    return this.constant(allNode(f32(this.node), this.reduction('all', axes, options)));
  }
  /** How many elements over the axes are not 0; i32, exact up to 2²⁴. */
  countNonzero(axes?: Axes): Tensor<'i32'> {
    return this.constant<'i32'>(countNonzeroNode(f32(this.node), this.reduction('countNonzero', axes, {})));
  }
  softmax(axis = -1): Tensor {
    const at = this.rank === 0 ? 0 : normalizeAxis(axis, this.rank, 'softmax');
    return this.derive(alongLast(f32(this.node), at, (x) => makeNode(softmaxOp, [x], {})));
  }
  logSoftmax(axis = -1): Tensor {
    const at = this.rank === 0 ? 0 : normalizeAxis(axis, this.rank, 'logSoftmax');
    return this.derive(alongLast(f32(this.node), at, (x) => makeNode(logSoftmaxOp, [x], {})));
  }

  /** The axes of a reduction, checked. */
  protected reduction(where: string, axes: Axes | undefined, options: AxesOptions): ReduceOptions {
    return { axes: normalizeAxes(axes, this.rank, where), keepDims: options.keepDims ?? false };
  }
}
