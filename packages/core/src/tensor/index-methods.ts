/** Parts of a tensor: basic indexing, and cutting into pieces. */
import { ShapeError } from '../errors.ts';
import { makeNode } from '../graph/node.ts';
import { reshapeNode } from '../ops/shape-ops.ts';
import { slice, sliceAxisNode } from '../ops/slice.ts';
import type { DType } from './dtype.ts';
import { type IndexItem, resolveIndex, resolveRange, type SliceRange } from './indexing.ts';
import { checkCount, formatShape, normalizeAxis } from './shape.ts';
import { ShapeMethods } from './shape-methods.ts';
import type { Tensor } from './tensor.ts';

export abstract class IndexMethods<D extends DType = 'f32'> extends ShapeMethods<D> {
  /**
   * Basic indexing, one item for an axis: a number takes one element and drops the axis (negative counts from the end), a range
   * `{ start, end, step }` is Python's start:end:step, `null` keeps an axis whole, `'...'` stands for as many whole axes as are missing,
   * `'newaxis'` adds an axis of extent 1. Axes without an item stay whole. Unlike PyTorch's, a step may be negative.
   *
   * | PyTorch | here |
   * |---|---|
   * | `x[0]` | `x.index([0])` or `x.at(0)` |
   * | `x[-1, 2:, ::2]` | `x.index([-1, { start: 2 }, { step: 2 }])` |
   * | `x[:, 1:3]` | `x.index([null, { start: 1, end: 3 }])` |
   * | `x[..., 0]` | `x.index(['...', 0])` |
   * | `x[:, None]` | `x.index([null, 'newaxis'])` |
   * | `x[idx]`, `x[:, idx]` | `x.indexSelect(0, idx)`, `x.indexSelect(1, idx)` |
   * | `x[mask]` | no counterpart (its shape depends on values): `x.where(mask, 0)` |
   *
   * RangeError for an index or an axis that does not exist.
   */
  index(items: readonly IndexItem[]): Tensor<D> {
    const { attrs, shape } = resolveIndex(this.shape, items);
    const whole = attrs.start.every((start) => start === 0) && attrs.step.every((step) => step === 1);
    const same = whole && attrs.shape.every((extent, axis) => extent === this.shape[axis]);
    return this.derive<D>(reshapeNode(same ? this.node : makeNode(slice, [this.node], attrs), shape));
  }
  /** A range of each axis, as Python's start:end:step (negative counts from the end); null keeps an axis whole. */
  slice(ranges: readonly (SliceRange | null)[]): Tensor<D> {
    if (ranges.length > this.rank)
      throw new RangeError(`slice: ${ranges.length} ranges for a tensor of rank ${this.rank}`);
    const parts = this.shape.map((extent, axis) => resolveRange(ranges[axis] ?? {}, extent, 'slice'));
    const attrs = {
      start: parts.map((p) => p.start),
      step: parts.map((p) => p.step),
      shape: parts.map((p) => p.count),
    };
    return this.derive<D>(makeNode(slice, [this.node], attrs));
  }
  /** Element `index` of axis 0, without that axis. */
  at(index: number): Tensor<D> {
    return this.#select(0, index, 'at');
  }
  /** Element `index` of an axis, without that axis. */
  select(axis: number, index: number): Tensor<D> {
    return this.#select(axis, index, 'select');
  }
  /** Elements start … start + length − 1 of an axis. */
  narrow(axis: number, start: number, length: number): Tensor<D> {
    const at = normalizeAxis(axis, this.rank, 'narrow');
    const extent = this.shape[at]!;
    const first = start < 0 ? start + extent : start;
    if (!Number.isInteger(start) || !Number.isInteger(length) || first < 0 || length < 0 || first + length > extent) {
      throw new RangeError(
        `narrow: ${length} elements from ${start} do not lie within axis ${axis} of extent ${extent}`,
      );
    }
    return this.derive<D>(sliceAxisNode(this.node, at, { start: first, count: length }));
  }
  /** Cut along an axis: into pieces of a size (the last may be smaller), or of the sizes given, which must add up to the extent. */
  split(sizes: number | readonly number[], axis = 0): Tensor<D>[] {
    const at = normalizeAxis(axis, this.rank, 'split');
    const extent = this.shape[at]!;
    if (typeof sizes === 'number') {
      checkCount(sizes, 1, 'split: the size of a piece');
      const pieces = Math.max(1, Math.ceil(extent / sizes));
      return this.split(Array.from({ length: pieces }, (_, i) => Math.min(sizes, extent - i * sizes)), at); // biome-ignore format: one expression
    }
    for (const size of sizes) checkCount(size, 0, 'split: the size of a piece');
    if (sizes.reduce((sum, size) => sum + size, 0) !== extent) {
      throw new ShapeError(`split: sizes [${sizes.join(', ')}] do not add up to the extent ${extent} of axis ${axis}`);
    }
    let start = 0;
    return sizes.map((count) => {
      const piece = this.derive<D>(sliceAxisNode(this.node, at, { start, count }));
      start += count;
      return piece;
    });
  }
  /** Cut along an axis into at most `chunks` pieces of one size (the last may be smaller). */
  chunk(chunks: number, axis = 0): Tensor<D>[] {
    checkCount(chunks, 1, 'chunk: the number of pieces');
    const at = normalizeAxis(axis, this.rank, 'chunk');
    const extent = this.shape[at]!;
    if (extent === 0) return this.split(new Array<number>(chunks).fill(0), at);
    return this.split(Math.ceil(extent / chunks), at);
  }
  /** The elements of an axis, one by one, without that axis. */
  unbind(axis = 0): Tensor<D>[] {
    const at = normalizeAxis(axis, this.rank, 'unbind');
    return Array.from({ length: this.shape[at]! }, (_, i) => this.select(at, i));
  }

  #select(axis: number, index: number, where: string): Tensor<D> {
    const at = normalizeAxis(axis, this.rank, where);
    const extent = this.shape[at]!;
    const i = index < 0 ? index + extent : index;
    if (!Number.isInteger(index) || i < 0 || i >= extent) {
      throw new RangeError(
        `${where}: element ${index} does not exist on axis ${axis} of a tensor of shape ${formatShape(this.shape)}`,
      );
    }
    const one = sliceAxisNode(this.node, at, { start: i, count: 1 });
    return this.derive<D>(
      reshapeNode(
        one,
        this.shape.filter((_, other) => other !== at),
      ),
    );
  }
}
