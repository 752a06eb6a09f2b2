/** Dropout by groups and Gaussian noise: literal outcomes, and the distribution of the noise. Fixed keys: no flakiness. */
import { describe, expect, test } from 'vitest';
import { f32Bits, type Kernels } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32, i32, u32 } = createFixture();
const [keyAt, stepAt, rateAt, shapeAt, scratchAt, xAt, outAt] = [256, 320, 384, 448, 4096, 1 << 20, 8 << 20];
const million = 1_000_000;
u32.set([0x1234567, 0x89abcdef], keyAt / 4);
u32[stepAt / 4] = 17;

describe('dropoutGroups', () => {
  interface Extents {
    readonly rows: number;
    readonly outer: number;
    readonly groups: number;
    readonly inner: number;
  }
  function drop(
    at: Extents,
    values: { x: number; threshold: number; offset?: number; dropped?: number },
  ): Float32Array {
    const n = at.rows * at.outer * at.groups * at.inner;
    const { x, threshold, offset = 0, dropped = 0 } = values;
    f32.fill(x, xAt / 4, xAt / 4 + n);
    i32.set([at.outer, at.groups, at.inner, 1], shapeAt / 4);
    u32.set([threshold, f32Bits(2), f32Bits(offset), f32Bits(dropped)], rateAt / 4);
    kernels.dropoutGroups(xAt, outAt, at.rows, shapeAt, 0, keyAt, stepAt, 3, rateAt, scratchAt);
    return f32.slice(outAt / 4, outAt / 4 + n);
  }

  test.each([
    { rows: 3, outer: 1, groups: 200, inner: 1 },
    { rows: 3, outer: 7, groups: 5, inner: 1 },
    { rows: 3, outer: 5, groups: 70, inner: 1 },
    { rows: 3, outer: 2, groups: 33, inner: 80 },
    { rows: 3, outer: 1, groups: 1, inner: 99 },
    { rows: 2, outer: 1, groups: 1500, inner: 3 },
  ])('decides on $groups groups as dropout does on as many elements ($outer outside, $inner inside)', (at) => {
    f32.fill(1, xAt / 4, xAt / 4 + at.rows * at.groups);
    u32.set([26214, f32Bits(2)], rateAt / 4);
    kernels.dropout(xAt, outAt, at.rows, at.groups, 0, keyAt, stepAt, 3, rateAt);
    const decisions = f32.slice(outAt / 4, outAt / 4 + at.rows * at.groups);
    expect(new Set(decisions)).toEqual(new Set([0, 2]));
    const result = drop(at, { x: 1, threshold: 26214, offset: 0.5, dropped: -1 });
    result.forEach((value, i) => {
      const group = Math.floor(i / at.inner) % at.groups;
      const row = Math.floor(i / (at.outer * at.groups * at.inner));
      expect(value).toBe(decisions[row * at.groups + group] === 0 ? -1 : 2.5);
    });
  });

  test('threshold 65536 fills with the dropped value, even over NaN; threshold 0 keeps everything', () => {
    const at = { rows: 2, outer: 3, groups: 5, inner: 7 };
    expect(new Set(drop(at, { x: Number.NaN, threshold: 65536, offset: 1, dropped: -3 }))).toEqual(new Set([-3]));
    expect(new Set(drop(at, { x: 3, threshold: 0, offset: 1, dropped: -3 }))).toEqual(new Set([7]));
  });

  test('an offset of 0 leaves a kept −0 a −0, another offset counts', () => {
    const at = { rows: 1, outer: 1, groups: 9, inner: 1 };
    expect(drop(at, { x: -0, threshold: 0 }).every((value) => Object.is(value, -0))).toBe(true);
    expect(drop(at, { x: -0, threshold: 0, offset: 1 }).every((value) => value === 1)).toBe(true);
  });
});

describe('gaussianDropout', () => {
  function noise(options: { rows?: number; sigma?: number; x?: number; site?: number } = {}): Float64Array {
    const { rows = 1, sigma = 1, x = 1, site = 5 } = options;
    f32.fill(x, xAt / 4, xAt / 4 + million);
    u32.set([0, f32Bits(sigma)], rateAt / 4);
    kernels.gaussianDropout(xAt, outAt, rows, million / rows, 0, keyAt, stepAt, site, rateAt, scratchAt);
    return Float64Array.from(f32.subarray(outAt / 4, outAt / 4 + million));
  }

  test.each([1, 1000])('has the mean, variance, skewness and kurtosis of 1 + z over %i rows', (rows) => {
    const z = noise({ rows }).map((y) => y - 1);
    const { mean, variance, skewness, kurtosis } = moments(z);
    // Five sigma of each estimate over n = 10⁶: √(1/n), √(2/n), √(6/n), √(24/n).
    expect(Math.abs(mean)).toBeLessThan(5e-3);
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2e-6));
    expect(Math.abs(skewness)).toBeLessThan(5 * Math.sqrt(6e-6));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24e-6));
  });

  test.each([
    [1, 0.31731050786],
    [2, 0.0455002639],
    [3, 0.00269979606],
    [4, 6.334248e-5],
  ])('exceeds %i sigma at the rate of a normal distribution', (limit, tail) => {
    let beyond = 0;
    for (let site = 0; site < 8; site++) beyond += noise({ site }).filter((y) => Math.abs(y - 1) > limit).length;
    const n = 8 * million;
    expect(Math.abs(beyond - n * tail)).toBeLessThan(5 * Math.sqrt(n * tail * (1 - tail)));
  });

  test('cosines and sines, neighbours and rows are not correlated', () => {
    const z = noise({ rows: 1000 }).map((y) => y - 1);
    for (const distance of [1, 7, 8, 16, 24, 32, 1000]) {
      let sum = 0;
      for (let i = distance; i < z.length; i++) sum += z[i]! * z[i - distance]!;
      expect(Math.abs(sum / z.length)).toBeLessThan(5e-3);
    }
  });

  test('z follows Box–Muller with exact functions to within 4e-7 · max(1, |z|)', () => {
    const n = 1 << 18;
    u32.set([0, f32Bits(1)], rateAt / 4);
    // x·(1 + z) at x = 1 rounds to a unit of 1; σ = 2²⁴ leaves z alone in the sum.
    f32.fill(1, xAt / 4, xAt / 4 + n);
    u32.set([0, f32Bits(2 ** 24)], rateAt / 4);
    kernels.gaussianDropout(xAt, outAt, 1, n, 0, keyAt, stepAt, 9, rateAt, scratchAt);
    const y = f32.slice(outAt / 4, outAt / 4 + n);
    const counterAt = 512;
    u32.set([0, 0, 17, 9], counterAt / 4);
    kernels.philox(xAt, n / 4, counterAt, keyAt);
    let worst = 0;
    for (let e = 0; e < n; e++) {
      const i = e % 32;
      const block = xAt / 4 + 4 * (8 * Math.floor(e / 32) + (i % 8));
      const [v, w] = [u32[block + 2 * (i >> 4)]!, u32[block + 2 * (i >> 4) + 1]!];
      const r = Math.sqrt(-2 * Math.log(Math.fround(Math.fround(Math.floor(v / 2)) + 0.5) * 2 ** -31));
      const angle = 2 * Math.PI * w * 2 ** -32;
      const z = r * (i % 16 < 8 ? Math.cos(angle) : Math.sin(angle));
      worst = Math.max(worst, Math.abs((y[e]! - 1) * 2 ** -24 - z) / Math.max(1, Math.abs(z)));
    }
    expect(worst).toBeLessThan(4e-7);
    expect(worst).toBeGreaterThan(1e-8);
  });

  test('σ = 0 leaves every value as it is, and zeros stay zeros', () => {
    expect(new Set(noise({ sigma: 0, x: -1.5 }))).toEqual(new Set([-1.5]));
    expect(new Set(noise({ x: 0 }))).toEqual(new Set([0]));
  });
});

describe('rows do not depend on how they are cut into calls', () => {
  const [rows, n] = [7, 45];
  const calls = {
    dropoutGroups(first: number, count: number): void {
      i32.set([1, n, 1, 1], shapeAt / 4);
      u32.set([32768, f32Bits(2), f32Bits(1), f32Bits(-1)], rateAt / 4);
      const at = first * n * 4;
      kernels.dropoutGroups(xAt + at, outAt + at, count, shapeAt, first, keyAt, stepAt, 0, rateAt, scratchAt);
    },
    gaussianDropout(first: number, count: number): void {
      u32.set([0, f32Bits(1)], rateAt / 4);
      const at = first * n * 4;
      kernels.gaussianDropout(xAt + at, outAt + at, count, n, first, keyAt, stepAt, 0, rateAt, scratchAt);
    },
  } satisfies Partial<Record<keyof Kernels, (first: number, count: number) => void>>;

  test.each(['dropoutGroups', 'gaussianDropout'] as const)('%s', (name) => {
    f32.fill(1, xAt / 4, xAt / 4 + rows * n);
    const result = () => f32.slice(outAt / 4, outAt / 4 + rows * n);
    calls[name](0, rows);
    const whole = result();
    f32.fill(Number.NaN, outAt / 4, outAt / 4 + rows * n);
    for (const [first, count] of [
      [5, 2],
      [0, 1],
      [1, 4],
    ] as const) {
      calls[name](first, count);
    }
    expect(result()).toEqual(whole);
  });
});

function moments(values: Float64Array): { mean: number; variance: number; skewness: number; kurtosis: number } {
  const average = (power: number, mean: number): number =>
    values.reduce((sum, v) => sum + (v - mean) ** power, 0) / values.length;
  const mean = average(1, 0);
  const variance = average(2, mean);
  return { mean, variance, skewness: average(3, mean) / variance ** 1.5, kurtosis: average(4, mean) / variance ** 2 };
}
