/** Python's rules of indexing: which elements an index or a range names. Pure functions on integers. */
import { formatShape, type Shape } from './shape.ts';

/** Elements start, start + step, … before `end` of an axis. Negative numbers count from the end; what is left out is the whole axis. */
export interface SliceRange {
  readonly start?: number;
  readonly end?: number;
  /** Not 0. With a negative step the range runs backwards, by default from the last element to the first. */
  readonly step?: number;
}

/** What `Tensor.index` takes for an axis. */
export type IndexItem = number | SliceRange | null | '...' | 'newaxis';

interface ResolvedRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The elements of a range on an axis of the given extent, by the rule of Python's `slice.indices`. */
export function resolveRange(range: SliceRange, extent: number, where: string): ResolvedRange {
  const step = range.step ?? 1;
  if (!Number.isInteger(step) || step === 0)
    throw new RangeError(`${where}: step must be an integer other than 0, got ${step}`);
  for (const bound of [range.start, range.end]) {
    if (bound !== undefined && !Number.isInteger(bound))
      throw new RangeError(`${where}: start and end must be integers, got ${bound}`);
  }
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const clamp = (value: number) => Math.min(high, Math.max(low, value < 0 ? value + extent : value));
  const start = range.start === undefined ? (step > 0 ? low : high) : clamp(range.start);
  const end = range.end === undefined ? (step > 0 ? high : low) : clamp(range.end);
  const count = Math.max(0, Math.ceil((end - start) / step));
  return { start: count === 0 ? 0 : start, step, count };
}

/** The slice that an index takes, and the shape of what is left: axes with a number dropped, new axes added. */
export function resolveIndex(
  from: Shape,
  items: readonly IndexItem[],
): { attrs: { start: number[]; step: number[]; shape: number[] }; shape: number[] } {
  const dots = items.filter((item) => item === '...').length;
  const used = items.filter((item) => item !== '...' && item !== 'newaxis').length;
  if (dots > 1) throw new RangeError("index: '...' may stand once");
  if (used > from.length) throw new RangeError(`index: ${used} items for a tensor of shape ${formatShape(from)}`);
  const rest: IndexItem[] = new Array<null>(from.length - used).fill(null);
  const full = dots === 1 ? items.flatMap((item) => (item === '...' ? rest : [item])) : [...items, ...rest];

  const parts: ResolvedRange[] = [];
  const shape: number[] = [];
  for (const item of full) {
    if (item === 'newaxis') {
      shape.push(1);
      continue;
    }
    const extent = from[parts.length]!;
    if (typeof item === 'number') parts.push(oneElement(item, extent, { axis: parts.length, from }));
    else {
      const range = resolveRange((item as SliceRange | null) ?? {}, extent, 'index');
      parts.push(range);
      shape.push(range.count);
    }
  }
  const attrs = {
    start: parts.map(({ start }) => start),
    step: parts.map(({ step }) => step),
    shape: parts.map(({ count }) => count),
  };
  return { attrs, shape };
}

function oneElement(index: number, extent: number, at: { axis: number; from: Shape }): ResolvedRange {
  const start = index < 0 ? index + extent : index;
  if (!Number.isInteger(index) || start < 0 || start >= extent) {
    throw new RangeError(
      `index: element ${index} does not exist on axis ${at.axis} of a tensor of shape ${formatShape(at.from)}`,
    );
  }
  return { start, step: 1, count: 1 };
}
