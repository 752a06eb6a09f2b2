/** Cases of the moves of memory. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Call, type Case, type Draw, few, range, size, u32 } from './case.ts';

const fill: Case = (draw, arena) => {
  const n = draw(few) * draw(size);
  return { args: [arena.space(4 * n), n, draw(u32)] };
};

const copy: Case = (draw, arena) => {
  const bytes = draw(few) * draw(size);
  return { args: [arena.bytes(bytes), arena.space(bytes), bytes] };
};

/** A strided block with zero and negative strides, in the middle of all elements that its offsets can reach. */
function strided(draw: Draw, arena: Arena, direction: 'gather' | 'scatter'): Call {
  const elementBytes = draw(() => fc.constantFrom(1, 4));
  const dims = draw(() => fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }));
  const strides =
    direction === 'gather' ? dims.map(() => draw(() => fc.integer({ min: -40, max: 40 }))) : denseStrides(dims);
  const spec = arena.ints([dims.length, ...dims, ...strides]);
  const total = dims.reduce((a, b) => a * b, 1);
  const { start, count } = range(draw, total);
  const reach = dims.reduce((sum, dim, d) => sum + (dim - 1) * Math.abs(strides[d]!), 0) * elementBytes;
  const middle = arena.bytes(2 * reach + elementBytes) + reach;
  const run = direction === 'gather' ? arena.space(count * elementBytes) : arena.bytes(count * elementBytes);
  return { args: [...(direction === 'gather' ? [middle, run] : [run, middle]), spec, start, count, elementBytes] };
}

/** Row-major strides with a gap of one element, the first dimension reversed: no two elements meet. */
function denseStrides(dims: readonly number[]): number[] {
  let stride = 2;
  const strides = dims.map(() => 0);
  for (let d = dims.length - 1; d >= 0; d--) {
    strides[d] = d === 0 ? -stride : stride;
    stride *= dims[d]!;
  }
  return strides;
}

const layout: Case = (draw, arena) => {
  const [samples, channels, pixels] = [draw(few), draw(size), draw(size)];
  const n = samples * channels * pixels;
  return { args: [arena.floats(n, 'special'), arena.space(4 * n), samples, channels, pixels] };
};

export const memoryCases = {
  fill,
  copy,
  gatherStrided: (draw, arena) => strided(draw, arena, 'gather'),
  scatterStrided: (draw, arena) => strided(draw, arena, 'scatter'),
  toChannelsLast: layout,
  toChannelsFirst: layout,
} satisfies Record<string, Case>;
