/** Cases of packing and products: remainders of rows, k and columns, padded taps, chunks of samples. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, size, small } from './case.ts';

/** Strides of a [k1, k2, n] matrix stored in any order of its axes, with a gap after each. */
function strides(draw: Draw, k1: number, k2: number, n: number): { k1: number; k2: number; n: number; floats: number } {
  const axes = draw(() => fc.shuffledSubarray(['k1', 'k2', 'n'] as const, { minLength: 3 }));
  const of = { k1: 0, k2: 0, n: 0 };
  let floats = 1;
  for (const axis of axes) {
    of[axis] = 4 * floats;
    floats = floats * { k1, k2, n }[axis] + draw(flag);
  }
  return { ...of, floats };
}

const packPanels: Case = (draw, arena) => {
  const [k1, k2, n] = [draw(small), draw(() => fc.integer({ min: 1, max: 20 })), draw(size)];
  const from = strides(draw, k1, k2, n);
  const outK1Stride = k2 * 64 + 4 * draw(few);
  const outPanelStride = k1 * outK1Stride + 4 * draw(few);
  const out = arena.space(Math.ceil(n / 16) * outPanelStride);
  const src = arena.floats(from.floats, 'special');
  return { args: [src, out, k1, from.k1, k2, from.k2, n, from.n, outK1Stride, outPanelStride] };
};

const unpackPanel: Case = (draw, arena) => {
  const [k1, k2] = [draw(small), draw(() => fc.integer({ min: 1, max: 20 }))];
  const n = draw(() => fc.integer({ min: 1, max: 16 }));
  const to = strides(draw, k1, k2, n);
  const src = arena.floats(k1 * k2 * 16, 'special');
  return { args: [src, arena.space(4 * to.floats), k1, to.k1, k2, to.k2, n, to.n] };
};

/** Panels of n columns, +0 in the lanes beyond n as `packPanels` writes them. */
export function panels(arena: Arena, length: number, n: number): number {
  const count = Math.ceil(n / 16);
  const at = arena.floats(count * length * 16);
  for (let i = 0; i < count * length * 16; i++) {
    const j = Math.floor(i / (length * 16)) * 16 + (i % 16);
    if (j >= n) arena.f32[at / 4 + i] = 0;
  }
  return at;
}

const gemmRows: Case = (draw, arena) => {
  const [rows, k, n] = [draw(() => fc.integer({ min: 0, max: 13 })), draw(size), draw(size)];
  const [xStride, outStride] = [4 * (k + draw(few)), 4 * (n + draw(few))];
  const x = arena.floats((rows * xStride) / 4, draw(floatKind));
  const w = panels(arena, k, n);
  const bias = draw(flag) * arena.floats(n);
  const out = arena.space(rows * outStride);
  const tmp = arena.space(256);
  return { args: [x, xStride, w, bias, out, outStride, rows, k, n, tmp], ignored: [{ at: tmp, bytes: 256 }] };
};

/** A table of byte offsets into a sample of `pixels` pixels of k floats; about one in four entries is padding. */
function table(draw: Draw, arena: Arena, shape: { rows: number; taps: number; pixels: number; k: number }): number {
  const entry = fc.integer({ min: -Math.ceil(shape.pixels / 3), max: shape.pixels - 1 });
  const count = shape.rows * shape.taps;
  const entries = draw(() => fc.array(entry, { minLength: count, maxLength: count }));
  return arena.ints(entries.map((pixel) => (pixel < 0 ? -1 : pixel * shape.k * 4)));
}

const convRows: Case = (draw, arena) => {
  const [samples, pixels, taps] = [draw(() => fc.integer({ min: 0, max: 3 })), draw(small), draw(small)];
  const [rows, k, n] = [draw(few), draw(() => fc.integer({ min: 1, max: 19 })), draw(size)];
  const xSample = 4 * (pixels * k + draw(few));
  const outRow = 4 * (n + draw(few));
  const outSample = rows * outRow + 4 * draw(few);
  const x = arena.floats((samples * xSample) / 4, draw(floatKind));
  const offsets = table(draw, arena, { rows, taps, pixels, k });
  const w = panels(arena, taps * k, n);
  const bias = draw(flag) * arena.floats(n);
  const out = arena.space(samples * outSample);
  const [zeros, tmp] = [arena.ints(Array(k).fill(0)), arena.space(256)];
  return {
    args: [x, xSample, offsets, taps, k, w, bias, out, outSample, outRow, samples, rows, n, zeros, tmp],
    ignored: [{ at: tmp, bytes: 256 }],
  };
};

const outerRows: Case = (draw, arena) => {
  const [samples, pixels, taps] = [draw(few), draw(small), draw(small)];
  const [rows, k] = [draw(few), draw(() => fc.integer({ min: 1, max: 19 }))];
  const n = draw(() => fc.integer({ min: 1, max: 16 }));
  const xSample = 4 * (pixels * k + draw(few));
  const dyRow = 4 * (n + draw(few));
  const dySample = rows * dyRow + 4 * draw(few);
  const x = arena.floats((samples * xSample) / 4, draw(floatKind));
  const offsets = table(draw, arena, { rows, taps, pixels, k });
  const dy = arena.floats((samples * dySample) / 4, draw(floatKind));
  const out = arena.floats(taps * k * 16);
  const openLanes = Array.from({ length: taps * k }, (_, i) => ({ at: out + i * 64 + 4 * n, bytes: 4 * (16 - n) }));
  return {
    args: [x, xSample, offsets, taps, k, dy, dySample, dyRow, samples, rows, n, draw(small), out, draw(flag)],
    ignored: openLanes,
  };
};

export const productCases = { packPanels, unpackPanel, gemmRows, convRows, outerRows } satisfies Record<string, Case>;
