/** What depends on the order of elements along an axis: extremes with their places, sorting, running sums and products. */
import { makeNode, type Node } from '../graph/node.ts';
import { f32 } from '../ops/cast.ts';
import { argMaxNode, maxNode } from '../ops/max.ts';
import { alongLast } from '../ops/rearrange.ts';
import { cumulativeProduct, cumulativeSum } from '../ops/scan.ts';
import { reshapeNode } from '../ops/shape-ops.ts';
import { sliceAxisNode } from '../ops/slice.ts';
import { argSortNode, sortedNode } from '../ops/sort.ts';
import { argMinNode, minNode } from '../ops/statistics.ts';
import type { DType } from './dtype.ts';
import { type AxesOptions, ReductionMethods } from './reduction-methods.ts';
import { normalizeAxis } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Elements and where they stood along the axis. */
export interface ValuesAndIndices {
  readonly values: Tensor;
  readonly indices: Tensor<'i32'>;
}

export interface SortOptions {
  /** From the largest to the smallest. Default false. */
  readonly descending?: boolean;
}

export interface TopkOptions {
  /** Default −1. */
  readonly axis?: number;
  /** The largest elements, or the smallest. Default true. */
  readonly largest?: boolean;
}

export abstract class OrderMethods<D extends DType = 'f32'> extends ReductionMethods<D> {
  /** The largest of all elements; ties share the gradient evenly. */
  max(): Tensor;
  /** The largest elements along an axis and the places of the first of them, which get the gradient. For several axes: `amax`. */
  max(axis: number, options?: AxesOptions): ValuesAndIndices;
  max(axis?: number, options: AxesOptions = {}): Tensor | ValuesAndIndices {
    if (axis !== undefined) return this.#extreme('max', axis, options);
    return this.derive(maxNode(f32(this.node), this.reduction('max', undefined, {})));
  }
  /** The smallest of all elements; ties share the gradient evenly. */
  min(): Tensor;
  /** The smallest elements along an axis and the places of the first of them, which get the gradient. For several axes: `amin`. */
  min(axis: number, options?: AxesOptions): ValuesAndIndices;
  min(axis?: number, options: AxesOptions = {}): Tensor | ValuesAndIndices {
    if (axis !== undefined) return this.#extreme('min', axis, options);
    return this.derive(minNode(f32(this.node), this.reduction('min', undefined, {})));
  }
  /** In order along an axis, with the places that the elements come from. Equal ones keep their order; NaN is the largest. */
  sort(axis = -1, options: SortOptions = {}): ValuesAndIndices {
    const x = f32(this.node);
    const at = this.#axis(axis, 'sort');
    const indices = argSortNode(x, at, options.descending ?? false);
    return this.#pair(sortedNode(x, at, indices), indices);
  }
  /** The places of the elements in order along an axis; i32. */
  argsort(axis = -1, options: SortOptions = {}): Tensor<'i32'> {
    return this.constant<'i32'>(argSortNode(f32(this.node), this.#axis(axis, 'argsort'), options.descending ?? false));
  }
  /** The k largest (or smallest) elements along an axis, in order, and their places; of equal ones the first. */
  topk(k: number, options: TopkOptions = {}): ValuesAndIndices {
    const { axis = -1, largest = true } = options;
    const at = this.#axis(axis, 'topk');
    const extent = this.shape[at] ?? 1;
    if (!Number.isInteger(k) || k < 0 || k > extent)
      throw new RangeError(`topk: k must be an integer from 0 to ${extent}, the extent of axis ${axis}, got ${k}`);
    const x = f32(this.node);
    if (this.rank === 0) return this.sort();
    const indices = sliceAxisNode(argSortNode(x, at, largest), at, { start: 0, count: k });
    return this.#pair(sortedNode(x, at, indices), indices);
  }
  /** The sum of the elements up to each one along an axis, in f64, each rounded once. */
  cumsum(axis: number): Tensor {
    const at = this.#axis(axis, 'cumsum');
    return this.derive(alongLast(f32(this.node), at, (x) => makeNode(cumulativeSum, [x], { backwards: false })));
  }
  /** The product of the elements up to each one along an axis, in f64, each rounded once. */
  cumprod(axis: number): Tensor {
    const at = this.#axis(axis, 'cumprod');
    return this.derive(alongLast(f32(this.node), at, (x) => makeNode(cumulativeProduct, [x], {})));
  }

  #axis(axis: number, where: string): number {
    return this.rank === 0 && (axis === 0 || axis === -1) ? 0 : normalizeAxis(axis, this.rank, where);
  }

  #extreme(where: 'max' | 'min', axis: number, options: AxesOptions): ValuesAndIndices {
    const x = f32(this.node);
    const at = this.#axis(axis, where);
    const axes = this.rank === 0 ? [] : [at];
    const kept = (where === 'max' ? argMaxNode : argMinNode)(x, { axes, keepDims: true });
    const values = sortedNode(x, at, kept);
    const drop = (node: Node) =>
      reshapeNode(
        node,
        node.shape.filter((_, i) => i !== at),
      );
    return options.keepDims || this.rank === 0 ? this.#pair(values, kept) : this.#pair(drop(values), drop(kept));
  }

  #pair(values: Node, indices: Node): ValuesAndIndices {
    return { values: this.derive(values), indices: this.constant<'i32'>(indices) };
  }
}
