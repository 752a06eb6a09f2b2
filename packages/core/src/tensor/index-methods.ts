/** Parts of a tensor. */
import { makeNode } from '../graph/node.ts';
import { slice } from '../ops/shape-ops.ts';
import type { DType } from './dtype.ts';
import { normalizeAxis } from './shape.ts';
import { ShapeMethods } from './shape-methods.ts';
import type { Tensor } from './tensor.ts';

export interface SliceRange {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
}

export abstract class IndexMethods<D extends DType = 'f32'> extends ShapeMethods<D> {
  /** A range of each axis, as Python's start:end:step (negative counts from the end, step ≥ 1); null keeps an axis whole. */
  slice(ranges: readonly (SliceRange | null)[]): Tensor<D> {
    if (ranges.length > this.rank)
      throw new RangeError(`slice: ${ranges.length} ranges for a tensor of rank ${this.rank}`);
    const parts = this.shape.map((extent, axis) => sliceRange(ranges[axis] ?? {}, extent));
    const attrs = {
      start: parts.map((p) => p.start),
      step: parts.map((p) => p.step),
      shape: parts.map((p) => p.count),
    };
    return this.derive<D>(makeNode(slice, [this.node], attrs));
  }
  /** Element `index` of axis 0, without that axis. */
  at(index: number): Tensor<D> {
    const i = normalizeAxis(index, this.shape[0] ?? 0, 'at');
    return this.slice([{ start: i, end: i + 1 }]).reshape(this.shape.slice(1));
  }
}

function sliceRange(range: SliceRange, extent: number): { start: number; step: number; count: number } {
  const step = range.step ?? 1;
  if (!Number.isInteger(step) || step < 1) throw new RangeError(`slice: step must be an integer ≥ 1, got ${step}`);
  const clamp = (value: number) => Math.min(extent, Math.max(0, value < 0 ? value + extent : value));
  const start = clamp(range.start ?? 0);
  const end = clamp(range.end ?? extent);
  return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
}
