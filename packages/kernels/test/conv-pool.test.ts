/**
 * What the fused convolutions and their sparse gradients equal: the unfused kernels one after the other, a dense
 * convolution of the scattered gradient, a plain loop; and how far Winograd's form is from the exact convolution.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unaryOps } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32, i32, u8 } = createFixture(160);
const area = 512 * 1024;
/** Where each operand stands, 512 KB apart. */
const at = {
  weight: area,
  w: 2 * area,
  u: 3 * area,
  x: 4 * area,
  bias: 5 * area,
  table: 6 * area,
  zeros: 7 * area,
  scratch: 8 * area,
  out: 9 * area,
  codes: 10 * area,
  conv: 11 * area,
  pooled: 12 * area,
  index: 13 * area,
  geometry: 14 * area,
  g: 15 * area,
  dBias: 16 * area,
} as const;

interface Shape {
  readonly samples: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kH: number;
  readonly kW: number;
  readonly n: number;
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const shapes: fc.Arbitrary<Shape> = fc
  .record({
    samples: between(1, 3),
    height: between(2, 7),
    width: between(2, 7),
    channels: between(1, 10),
    kH: between(1, 3),
    kW: between(1, 3),
    n: between(1, 40),
  })
  .map((s) => ({ ...s, height: s.height + s.kH - 1, width: s.width + s.kW - 1 }));

/** Floats in [−1, 1); coarse ones tie often and are zero often. */
function put(pointer: number, count: number, seed: number, coarse = false): void {
  let state = seed;
  for (let i = 0; i < count; i++) {
    // splitmix32
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    const unit = (z ^ (z >>> 15)) / 2 ** 31;
    f32[pointer / 4 + i] = coarse ? Math.round(2 * unit) || 0 : unit;
  }
}

/** Sizes that follow from a shape. */
function derive(s: Shape) {
  const [oh, ow] = [s.height - s.kH + 1, s.width - s.kW + 1];
  const [rowBytes, pixelBytes] = [s.width * s.channels * 4, s.channels * 4];
  const sampleBytes = s.height * rowBytes;
  return { oh, ow, ph: oh >> 1, pw: ow >> 1, rowBytes, pixelBytes, sampleBytes, kRow: s.kW * s.channels };
}

/** Weights [n][channels][kH][kW] and their panels [n/16][kH·kW·channels][16]. */
function putWeights(s: Shape, seed: number, coarse = false): void {
  const taps = s.kH * s.kW;
  put(at.weight, s.n * taps * s.channels, seed, coarse);
  const strides = [4, s.channels, 4 * taps, s.n, 4 * taps * s.channels, 64 * s.channels] as const;
  kernels.packPanels(at.weight, at.w, taps, ...strides, 64 * taps * s.channels);
}

/** `convRows`' table of a convolution without padding: byte offsets, [oh·ow][kH·kW]. */
function putForwardTable(s: Shape): void {
  const { oh, ow } = derive(s);
  let entry = at.table / 4;
  for (let pixel = 0; pixel < oh * ow; pixel++) {
    for (let t = 0; t < s.kH * s.kW; t++) {
      const y = Math.floor(pixel / ow) + Math.floor(t / s.kW);
      i32[entry++] = (y * s.width + (pixel % ow) + (t % s.kW)) * s.channels * 4;
    }
  }
}

/** Pooled gradients and codes 0 to 4. */
function putGradient(count: number, seed: number): void {
  put(at.g, count, seed, (seed & 1) === 1);
  for (let i = 0; i < count; i++) u8[at.codes + i] = (Math.imul(i + seed, 2654435761) >>> 8) % 5;
}

const bits = (pointer: number, count: number): Int32Array => i32.slice(pointer / 4, pointer / 4 + count);

function runConvPool(s: Shape): void {
  const d = derive(s);
  const image = [at.x, d.sampleBytes, d.rowBytes, d.pixelBytes, s.kH, d.kRow] as const;
  kernels.convPool(...image, at.w, at.bias, at.out, at.codes, s.samples, d.ph, d.pw, s.n, at.scratch);
}

test('convPool has the bits of convRows, ReLU and maxPool, and its codes name the pixel that maxPool names', () => {
  fc.assert(
    fc.property(shapes, fc.integer(), fc.boolean(), (s, seed, coarse) => {
      const d = derive(s);
      put(at.x, (s.samples * d.sampleBytes) / 4, seed, coarse);
      put(at.bias, s.n, seed + 2, coarse);
      putWeights(s, seed + 4, coarse);
      putForwardTable(s);
      runConvPool(s);

      const [taps, rows] = [s.kH * s.kW, d.oh * d.ow];
      const floats = s.samples * rows * s.n;
      kernels.convRows(
        ...([at.x, d.sampleBytes, at.table, taps, s.channels, at.w, at.bias, at.conv] as const),
        ...([rows * s.n * 4, s.n * 4, s.samples, rows, s.n, at.zeros, at.scratch] as const),
      );
      // Pooled before ReLU for the index, after ReLU for the value.
      i32.set([d.oh, d.ow, s.n, d.ph, d.pw, 2, 2, 2, 2, 0, 0, 1, 1], at.geometry / 4);
      kernels.maxPool(at.conv, at.pooled, at.index, at.geometry, s.samples);
      kernels.unary(unaryOps.relu, at.conv, at.conv, floats);
      kernels.maxPool(at.conv, at.pooled, at.zeros + 65536, at.geometry, s.samples);

      const count = s.samples * d.ph * d.pw * s.n;
      expect(bits(at.out, count)).toEqual(bits(at.pooled, count));
      for (let i = 0; i < count; i++) {
        const window = Math.floor(i / s.n) % (d.ph * d.pw);
        const code = u8[at.codes + i]!;
        const [y, x] = [2 * Math.floor(window / d.pw) + (code >> 1), 2 * (window % d.pw) + (code & 1)];
        const expected = f32[at.pooled / 4 + i]! > 0 ? i32[at.index / 4 + i]! : -1;
        expect(code === 4 ? -1 : y * d.ow + x).toBe(expected);
      }
    }),
    { numRuns: 60 },
  );
});

test('convPool keeps the first largest pixel, gives +0 and code 4 where none is positive, and keeps a NaN of the first', () => {
  const s: Shape = { samples: 1, height: 2, width: 8, channels: 1, kH: 1, kW: 1, n: 1 };
  f32.set([1, 3, -1, -2, 0.5, 1, NaN, 1, 3, 2, -3, -1, 1, NaN, 2, 3], at.x / 4);
  f32.set([1], at.w / 4);
  f32.set([-0.5], at.bias / 4);
  runConvPool(s);
  expect([...f32.subarray(at.out / 4, at.out / 4 + 4)]).toEqual([2.5, 0, 0.5, NaN]);
  expect([...u8.subarray(at.codes, at.codes + 4)]).toEqual([1, 4, 1, 4]);
});

test('a value does not depend on how samples and columns are cut into calls', () => {
  const s: Shape = { samples: 3, height: 8, width: 8, channels: 4, kH: 3, kW: 3, n: 32 };
  const d = derive(s);
  put(at.x, (s.samples * d.sampleBytes) / 4, 5);
  put(at.bias, s.n, 6);
  putWeights(s, 7);
  kernels.winogradPack(at.weight, at.u, s.channels, s.n);
  const pooledCount = d.ph * d.pw * s.n;
  const run = (first: number, samples: number): void => {
    const [out, codes] = [at.out + 4 * first * pooledCount, at.codes + first * pooledCount];
    const image = [at.x + first * d.sampleBytes, d.sampleBytes, d.rowBytes, s.channels] as const;
    kernels.winogradPool(...image, at.u, at.bias, out, codes, samples, d.ph, d.pw, s.n, at.scratch);
  };
  run(0, 3);
  const together = bits(at.out, 3 * pooledCount);
  for (let i = 0; i < 3; i++) run(i, 1);
  expect(bits(at.out, 3 * pooledCount)).toEqual(together);
});

test('poolConvInputGradient has the bits of convRows on the dense gradient', () => {
  fc.assert(
    fc.property(shapes, fc.integer(), (s, seed) => {
      // Here s.channels are the convolution's outputs, whose gradient goes to n inputs of height × width pixels.
      const d = derive(s);
      const [taps, rows, entries] = [s.kH * s.kW, s.height * s.width, d.ph * d.pw * s.channels];
      putWeights(s, seed);
      putGradient(s.samples * entries, seed);
      const dense = s.samples * d.oh * d.ow * s.channels;
      f32.fill(0, at.x / 4, at.x / 4 + dense);
      for (let i = 0; i < s.samples * entries; i++) {
        const [sample, window, code] = [Math.floor(i / entries), Math.floor(i / s.channels), u8[at.codes + i]!];
        const y = 2 * (Math.floor(window / d.pw) % d.ph) + (code >> 1);
        const x = 2 * (window % d.pw) + (code & 1);
        const pixel = (sample * d.oh + y) * d.ow + x;
        if (code < 4) f32[at.x / 4 + pixel * s.channels + (i % s.channels)] = f32[at.g / 4 + i]!;
      }
      const table: number[] = [];
      for (let i = 0; i < rows * taps; i++) {
        const [r, t] = [Math.floor(i / taps), i % taps];
        const [y, x] = [Math.floor(r / s.width) - Math.floor(t / s.kW), (r % s.width) - (t % s.kW)];
        table.push(y >= 0 && y < d.oh && x >= 0 && x < d.ow ? y * d.ow + x : -1);
      }
      i32.set(table, at.table / 4);
      const strides = [rows * s.n * 4, s.n * 4, s.samples, rows, s.n] as const;
      kernels.poolConvInputGradient(
        ...([at.g, at.codes, d.ph, d.pw, d.oh, d.ow, s.channels, at.table, taps, at.w, at.out] as const),
        ...strides,
        at.scratch,
      );
      i32.set(
        table.map((pixel) => (pixel < 0 ? -1 : pixel * s.channels * 4)),
        at.table / 4,
      );
      f32.fill(0, at.zeros / 4, at.zeros / 4 + s.channels);
      kernels.convRows(
        ...([at.x, d.oh * d.ow * s.channels * 4, at.table, taps, s.channels, at.w, 0, at.conv] as const),
        ...strides,
        at.zeros,
        at.scratch,
      );
      expect(bits(at.out, s.samples * rows * s.n)).toEqual(bits(at.conv, s.samples * rows * s.n));
    }),
    { numRuns: 60 },
  );
});

test('poolConvWeightGradient has the bits of a plain loop, and its bias gradient those of the sum', () => {
  const f = Math.fround;
  fc.assert(
    fc.property(shapes, fc.integer(), between(1, 3), (s, seed, chunk) => {
      const d = derive(s);
      const [n, windows] = [Math.min(s.n, 16), d.ph * d.pw];
      put(at.x, (s.samples * d.sampleBytes) / 4, seed);
      putGradient(s.samples * windows * n, seed);
      const row = s.kH * d.kRow;
      kernels.poolConvWeightGradient(
        ...([at.g, at.codes, n, d.ph, d.pw, at.x, d.sampleBytes, d.rowBytes, d.pixelBytes, s.kH, d.kRow] as const),
        ...([s.samples, n, chunk, at.out, 4 * row, at.dBias, at.scratch, 0] as const),
      );
      const totals = new Float32Array(n * (row + 1));
      for (let s0 = 0; s0 < s.samples; s0 += chunk) {
        const sums = new Float32Array(n * (row + 1));
        for (let i = s0 * windows * n; i < Math.min(s.samples, s0 + chunk) * windows * n; i++) {
          const [window, l, code, g] = [Math.floor(i / n), i % n, u8[at.codes + i]!, f32[at.g / 4 + i]!];
          if (code > 3) continue;
          const y = 2 * (Math.floor(window / d.pw) % d.ph) + (code >> 1);
          const x = 2 * (window % d.pw) + (code & 1);
          const pixel = (Math.floor(window / windows) * s.height + y) * s.width + x;
          for (let k = 0; k < row; k++) {
            const from = pixel * s.channels + Math.floor(k / d.kRow) * s.width * s.channels + (k % d.kRow);
            sums[l * row + k]! += f(g * f32[at.x / 4 + from]!);
          }
          sums[n * row + l]! += g;
        }
        sums.forEach((sum, i) => {
          totals[i]! += sum;
        });
      }
      expect(bits(at.out, n * row)).toEqual(new Int32Array(totals.buffer, 0, n * row));
      expect(bits(at.dBias, n)).toEqual(new Int32Array(totals.buffer, 4 * n * row, n));
    }),
    { numRuns: 60 },
  );
});

test('Winograd is within 2⁻²³ · Σ |x·w| of the exact convolution, on average within 2⁻²⁶', () => {
  const s: Shape = { samples: 2, height: 14, width: 14, channels: 64, kH: 3, kW: 3, n: 32 };
  const d = derive(s);
  put(at.x, (s.samples * d.sampleBytes) / 4, 11);
  f32.fill(0, at.bias / 4, at.bias / 4 + s.n);
  putWeights(s, 13);
  const pooledCount = s.samples * d.ph * d.pw * s.n;
  kernels.winogradPack(at.weight, at.u, s.channels, s.n);
  const image = [at.x, d.sampleBytes, d.rowBytes, s.channels] as const;
  kernels.winogradPool(...image, at.u, at.bias, at.out, at.codes, s.samples, d.ph, d.pw, s.n, at.scratch);
  const winograd = f32.slice(at.out / 4, at.out / 4 + pooledCount);
  runConvPool(s);
  const direct = f32.slice(at.out / 4, at.out / 4 + pooledCount);

  /** The exact pooled value and the magnitude Σ |x·w| of the largest pixel's terms. */
  const exact = (i: number): { value: number; magnitude: number } => {
    const [j, window] = [i % s.n, Math.floor(i / s.n)];
    const [sample, py, px] = [Math.floor(window / (d.ph * d.pw)), Math.floor(window / d.pw) % d.ph, window % d.pw];
    let [value, magnitude] = [0, 0];
    for (let code = 0; code < 4; code++) {
      let [sum, absolute] = [0, 0];
      for (let t = 0; t < 9; t++) {
        const y = 2 * py + (code >> 1) + Math.floor(t / 3);
        const from = ((sample * s.height + y) * s.width + 2 * px + (code & 1) + (t % 3)) * s.channels;
        for (let c = 0; c < s.channels; c++) {
          const term = f32[at.x / 4 + from + c]! * f32[at.weight / 4 + (j * s.channels + c) * 9 + t]!;
          sum += term;
          absolute += Math.abs(term);
        }
      }
      value = Math.max(value, sum);
      magnitude = Math.max(magnitude, absolute);
    }
    return { value, magnitude };
  };
  let [worst, total, alive] = [0, 0, 0];
  for (let i = 0; i < pooledCount; i++) {
    const { value, magnitude } = exact(i);
    const error = Math.abs(winograd[i]! - value) / magnitude;
    worst = Math.max(worst, error);
    total += error;
    alive += value > 0 ? 1 : 0;
    expect(Math.abs(direct[i]! - value) / magnitude).toBeLessThan(2 ** -21);
  }
  expect(alive).toBeGreaterThan(pooledCount / 2);
  expect(worst).toBeLessThan(2 ** -23);
  expect(total / pooledCount).toBeLessThan(2 ** -26);
});
