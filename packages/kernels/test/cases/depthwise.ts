/** Cases of the depthwise convolution and the gradient to its weight. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, size, small } from './case.ts';

/** Byte offsets of pixels of k floats, about a quarter of them padding. */
function table(draw: Draw, arena: Arena, shape: { rows: number; taps: number; pixels: number; k: number }): number {
  const entry = fc.integer({ min: -Math.ceil(shape.pixels / 3), max: shape.pixels - 1 });
  const count = shape.rows * shape.taps;
  const entries = draw(() => fc.array(entry, { minLength: count, maxLength: count }));
  return arena.ints(entries.map((pixel) => (pixel < 0 ? -1 : pixel * shape.k * 4)));
}

const depthwiseRows: Case = (draw, arena) => {
  const [samples, pixels, taps] = [draw(() => fc.integer({ min: 0, max: 3 })), draw(small), draw(small)];
  const [rows, channels] = [draw(few), draw(size)];
  const xSample = 4 * (pixels * channels + draw(few));
  const outSample = 4 * (rows * channels + draw(few));
  const x = arena.floats((samples * xSample) / 4, draw(floatKind));
  const offsets = table(draw, arena, { rows, taps, pixels, k: channels });
  const w = arena.floats(Math.ceil(channels / 16) * taps * 16, draw(floatKind));
  const bias = draw(flag) * arena.floats(channels);
  const out = arena.space(samples * outSample);
  const zeros = arena.ints(Array(16).fill(0));
  return { args: [x, xSample, offsets, taps, w, bias, out, outSample, samples, rows, channels, zeros] };
};

const depthwiseOuter: Case = (draw, arena) => {
  const [samples, pixels, taps] = [draw(few), draw(small), draw(small)];
  const [rows, channels] = [draw(few), draw(size)];
  const n = draw(() => fc.integer({ min: 1, max: Math.min(16, channels) }));
  const xSample = 4 * (pixels * channels + draw(few));
  const dyRow = 4 * (n + draw(few));
  const dySample = rows * dyRow + 4 * draw(few);
  const x = arena.floats((samples * xSample) / 4, draw(floatKind));
  const offsets = table(draw, arena, { rows, taps, pixels, k: channels });
  const dy = arena.floats((samples * dySample) / 4, draw(floatKind));
  const out = arena.floats(taps * n);
  const counts = [samples, rows, n, draw(small)];
  return { args: [x, xSample, offsets, taps, dy, dySample, dyRow, ...counts, out, draw(flag)] };
};

export const depthwiseCases = { depthwiseRows, depthwiseOuter } satisfies Record<string, Case>;
