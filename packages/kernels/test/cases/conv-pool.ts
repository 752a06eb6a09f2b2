/** Cases of the fused convolutions and their gradients: odd outputs, ragged columns and channels, ties, dead codes. */
import fc from 'fast-check';
import {
  convPoolScratchBytes,
  poolConvInputGradientScratchBytes,
  poolConvWeightGradientScratchBytes,
  winogradScratchBytes,
} from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind } from './case.ts';

const upTo =
  (max: number, min = 1) =>
  (): fc.Arbitrary<number> =>
    fc.integer({ min, max });
/** 1 to 40, often at the edge of a vector, a panel or a pair of panels. */
const columns = (): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(1, 4, 15, 16, 17, 32, 33, 36), upTo(40)());

interface Image {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kH: number;
  readonly kW: number;
  readonly samples: number;
  readonly ph: number;
  readonly pw: number;
  readonly sampleBytes: number;
  readonly rowBytes: number;
  readonly pixelBytes: number;
}

/** An image with gaps between its rows and samples. */
function image(draw: Draw, shape: { channels: number; kH: number; kW: number }): Image {
  const { channels, kH, kW } = shape;
  const [height, width] = [kH - 1 + draw(upTo(7)), kW - 1 + draw(upTo(7))];
  const pixelBytes = 4 * channels;
  const rowBytes = width * pixelBytes + 4 * draw(few);
  const sampleBytes = height * rowBytes + 4 * draw(few);
  const [ph, pw] = [Math.floor((height - kH + 1) / 2), Math.floor((width - kW + 1) / 2)];
  return { ...shape, height, width, ph, pw, sampleBytes, rowBytes, pixelBytes, samples: draw(upTo(3, 0)) };
}

/** Floats of a few values only, so that maxima tie. */
function ties(draw: Draw, arena: Arena, floats: number): number {
  const at = arena.floats(floats, draw(floatKind));
  if (draw(flag)) for (let i = 0; i < floats; i++) arena.f32[at / 4 + i] = Math.round(arena.f32[at / 4 + i]!) || 0;
  return at;
}

/** The pooled outputs and their codes, with room for nothing more. */
const pooled = (arena: Arena, n: number): [number, number] => [arena.space(4 * n), arena.space(n)];

const convPool: Case = (draw, arena) => {
  const channels = draw(upTo(12));
  const i = image(draw, { channels, kH: draw(upTo(3)), kW: draw(upTo(3)) });
  const [n, kRow] = [draw(columns), i.kW * channels];
  const x = ties(draw, arena, (i.samples * i.sampleBytes) / 4);
  const w = ties(draw, arena, Math.ceil(n / 16) * i.kH * kRow * 16);
  const bias = draw(flag) * arena.floats(n);
  const [out, codes] = pooled(arena, i.samples * i.ph * i.pw * n);
  const bytes = convPoolScratchBytes(i.kH);
  const tmp = arena.space(bytes);
  return {
    args: [
      ...[x, i.sampleBytes, i.rowBytes, i.pixelBytes, i.kH, kRow, w, bias, out, codes],
      ...[i.samples, i.ph, i.pw, n, tmp],
    ],
    ignored: [{ at: tmp, bytes }],
  };
};

const winogradPack: Case = (draw, arena) => {
  const [channels, n] = [draw(upTo(20)), draw(columns)];
  const weight = arena.floats(n * channels * 9, draw(floatKind));
  return { args: [weight, arena.space(Math.ceil(n / 16) * channels * 1024), channels, n] };
};

const winogradPool: Case = (draw, arena) => {
  const channels = 4 * draw(upTo(10));
  const i = image(draw, { channels, kH: 3, kW: 3 });
  const n = draw(columns);
  const x = ties(draw, arena, (i.samples * i.sampleBytes) / 4);
  const u = ties(draw, arena, Math.ceil(n / 16) * channels * 256);
  const bias = draw(flag) * arena.floats(n);
  const [out, codes] = pooled(arena, i.samples * i.ph * i.pw * n);
  const bytes = winogradScratchBytes(channels);
  const scratch = arena.space(bytes);
  return {
    args: [x, i.sampleBytes, i.rowBytes, channels, u, bias, out, codes, i.samples, i.ph, i.pw, n, scratch],
    ignored: [{ at: scratch, bytes }],
  };
};

const winograd: Case = (draw, arena) => {
  const channels = 4 * draw(upTo(10));
  const i = image(draw, { channels, kH: 3, kW: 3 });
  // At least 2 × 2 outputs.
  const [oh, ow, n] = [Math.max(2, i.height - 2), Math.max(2, i.width - 2), draw(columns)];
  const rowBytes = Math.max(i.rowBytes, (ow + 2) * i.pixelBytes);
  const sampleBytes = (oh + 2) * rowBytes + 4 * draw(few);
  const x = arena.floats((i.samples * sampleBytes) / 4, draw(floatKind));
  const u = arena.floats(Math.ceil(n / 16) * channels * 256, draw(floatKind));
  const bias = draw(flag) * arena.floats(n);
  const outRow = 4 * (ow * n + draw(few));
  const outSample = oh * outRow + 4 * draw(few);
  const out = arena.space(i.samples * outSample);
  const bytes = winogradScratchBytes(channels);
  const scratch = arena.space(bytes);
  return {
    args: [x, sampleBytes, rowBytes, channels, u, bias, out, outSample, outRow, i.samples, oh, ow, n, scratch],
    ignored: [{ at: scratch, bytes }],
  };
};

/** Pooled gradients, about a quarter of them zero, and codes 0 to 4. */
function gradient(draw: Draw, arena: Arena, n: number): [number, number] {
  const g = arena.floats(n, draw(floatKind));
  const codes = arena.bytes(n);
  for (let i = 0; i < n; i++) {
    if (arena.u8[codes + i]! >= 192) arena.f32[g / 4 + i] = arena.u8[codes + i]! & 1 ? -0 : 0;
    arena.u8[codes + i]! %= 5;
  }
  return [g, codes];
}

const poolConvInputGradient: Case = (draw, arena) => {
  const [oh, ow, channels, n] = [draw(upTo(7)), draw(upTo(7)), draw(columns), draw(columns)];
  const [ph, pw] = [Math.floor(oh / 2), Math.floor(ow / 2)];
  const [samples, taps, rows] = [draw(upTo(10, 0)), draw(upTo(5)), draw(upTo(9, 0))];
  const [g, codes] = gradient(draw, arena, samples * ph * pw * channels);
  const pixel = fc.integer({ min: -Math.ceil((oh * ow) / 3), max: oh * ow - 1 });
  const entries = draw(() => fc.array(pixel, { minLength: rows * taps, maxLength: rows * taps }));
  const table = arena.ints(entries.map((p) => Math.max(-1, p)));
  const w = arena.floats(Math.ceil(n / 16) * taps * channels * 16, draw(floatKind));
  const outRow = 4 * (n + draw(few));
  const outSample = rows * outRow + 4 * draw(few);
  const out = arena.space(samples * outSample);
  const bytes = poolConvInputGradientScratchBytes({ ph, pw, oh, ow, channels, rows });
  const lists = arena.space(bytes);
  return {
    args: [g, codes, ph, pw, oh, ow, channels, table, taps, w, out, outSample, outRow, samples, rows, n, lists],
    ignored: [{ at: lists, bytes }],
  };
};

const poolConvWeightGradient: Case = (draw, arena) => {
  const channels = draw(upTo(20));
  const i = image(draw, { channels, kH: draw(upTo(4)), kW: draw(upTo(3)) });
  const kRow = i.kW * channels;
  const [n, chunkSamples] = [draw(upTo(16)), draw(upTo(4))];
  const [first, after] = [draw(few), draw(few)];
  const stride = first + n + after;
  const [g, codes] = gradient(draw, arena, i.samples * i.ph * i.pw * stride);
  const x = arena.floats((i.samples * i.sampleBytes) / 4, draw(floatKind));
  const outColumn = 4 * (i.kH * kRow + draw(few));
  const [out, dBias] = [arena.floats((n * outColumn) / 4), arena.floats(n)];
  const bytes = poolConvWeightGradientScratchBytes(i.ph * i.pw, Math.min(chunkSamples, i.samples));
  const lists = arena.space(bytes);
  return {
    args: [
      ...[g + 4 * first, codes + first, stride, i.ph, i.pw, x, i.sampleBytes, i.rowBytes, i.pixelBytes],
      ...[i.kH, kRow, i.samples, n, chunkSamples, out, outColumn, dBias, lists, draw(flag)],
    ],
    ignored: [{ at: lists, bytes }],
  };
};

export const convPoolCases = {
  convPool,
  winogradPack,
  winogradPool,
  winograd,
  poolConvInputGradient,
  poolConvWeightGradient,
} satisfies Record<string, Case>;
