/** Reductions over axes, and softmax along one. */
import { makeNode, type Node } from '../graph/node.ts';
import { meanNode, type ReduceOptions, sumNode } from '../ops/broadcast.ts';
import { f32 } from '../ops/elementwise.ts';
import { argMaxNode, maxNode } from '../ops/max.ts';
import { permuteNode, reshapeNode } from '../ops/shape-ops.ts';
import { logSoftmax as logSoftmaxOp, softmax as softmaxOp } from '../ops/softmax.ts';
import type { DType } from './dtype.ts';
import { ProductMethods } from './product-methods.ts';
import { normalizeAxes, normalizeAxis } from './shape.ts';
import type { Tensor } from './tensor.ts';

export interface AxesOptions {
  /** Keep reduced axes with extent 1. Default false. */
  readonly keepDims?: boolean;
}

export abstract class ReductionMethods<D extends DType = 'f32'> extends ProductMethods<D> {
  /** Sum over the axes (all when left out). */
  sum(axes?: number | readonly number[], options: AxesOptions = {}): Tensor {
    return this.derive(sumNode(f32(this.node), this.#reduction('sum', axes, options)));
  }
  mean(axes?: number | readonly number[], options: AxesOptions = {}): Tensor {
    return this.derive(meanNode(f32(this.node), this.#reduction('mean', axes, options)));
  }
  /** Maximum over the axes; ties share the gradient evenly (PyTorch's amax). */
  max(axes?: number | readonly number[], options: AxesOptions = {}): Tensor {
    return this.derive(maxNode(f32(this.node), this.#reduction('max', axes, options)));
  }
  /** Index of the first maximum along an axis, or in the flattened tensor; i32. */
  argmax(axis?: number, options: AxesOptions = {}): Tensor<'i32'> {
    return this.constant<'i32'>(argMaxNode(f32(this.node), this.#reduction('argmax', axis, options)));
  }
  softmax(axis = -1): Tensor {
    return this.#alongLast('softmax', axis, (x) => makeNode(softmaxOp, [x], {}));
  }
  logSoftmax(axis = -1): Tensor {
    return this.#alongLast('logSoftmax', axis, (x) => makeNode(logSoftmaxOp, [x], {}));
  }

  #alongLast(where: string, axis: number, build: (x: Node) => Node): Tensor {
    const x = f32(this.node);
    if (this.rank === 0) return this.derive(reshapeNode(build(reshapeNode(x, [1])), []));
    const at = normalizeAxis(axis, this.rank, where);
    const order = x.shape.map((_, i) => i);
    [order[at], order[this.rank - 1]] = [this.rank - 1, at];
    return this.derive(permuteNode(build(permuteNode(x, order)), order));
  }

  #reduction(where: string, axes: number | readonly number[] | undefined, options: AxesOptions): ReduceOptions {
    return { axes: normalizeAxes(axes, this.rank, where), keepDims: options.keepDims ?? false };
  }
}
