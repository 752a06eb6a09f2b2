/**
 * Distributions: the drop rate of dropout, the range of uniform and the moments of normal. Fixed keys: no flakiness.
 */
import { expect, test } from 'vitest';
import { f32Bits } from '../src/index.ts';
import { createFixture } from './kernels-fixture.ts';

const { kernels, f32, u32 } = createFixture();
const [keyAt, stepAt, rateAt, xAt, outAt] = [256, 320, 384, 1 << 20, 8 << 20];
const million = 1_000_000;
u32.set([0x1234567, 0x89abcdef], keyAt / 4);
u32[stepAt / 4] = 17;

/** Where the kernel reads how much is dropped; what is kept is doubled. */
function rate(threshold: number): number {
  u32.set([threshold, f32Bits(2)], rateAt / 4);
  return rateAt;
}

function dropMillion({ rows, threshold, site = 3 }: { rows: number; threshold: number; site?: number }): Float32Array {
  f32.fill(1, xAt / 4, xAt / 4 + million);
  kernels.dropout(xAt, outAt, rows, million / rows, 0, keyAt, stepAt, site, rate(threshold));
  return f32.slice(outAt / 4, outAt / 4 + million);
}

test.each([0.1, 0.2, 0.5, 0.9])('of a million elements a share of %d is dropped, within five sigma', (p) => {
  const threshold = Math.round(p * 65536);
  const share = threshold / 65536;
  for (const rows of [1, 1000, 20_000]) {
    const dropped = dropMillion({ rows, threshold }).filter((v) => v === 0).length;
    expect(Math.abs(dropped - million * share)).toBeLessThan(5 * Math.sqrt(million * share * (1 - share)));
  }
});

test('threshold 0 keeps everything and threshold 65536 drops everything, even NaN', () => {
  expect(dropMillion({ rows: 100, threshold: 0 }).every((v) => v === 2)).toBe(true);
  expect(dropMillion({ rows: 100, threshold: 65536 }).every((v) => Object.is(v, 0))).toBe(true);
  f32[xAt / 4] = NaN;
  kernels.dropout(xAt, outAt, 1, 1, 0, keyAt, stepAt, 0, rate(65536));
  expect(f32[outAt / 4]).toBe(0);
});

test('two sites share no pattern: a half and a half agree on a half, within five sigma', () => {
  const a = dropMillion({ rows: 1000, threshold: 32768, site: 1 });
  const b = dropMillion({ rows: 1000, threshold: 32768, site: 2 });
  const agreeing = a.filter((v, i) => v === b[i]).length;
  expect(Math.abs(agreeing - million / 2)).toBeLessThan(5 * Math.sqrt(million / 4));
});

test('dropout of rows does not depend on how they are cut into calls', () => {
  const [rows, n] = [7, 45];
  const whole = dropCut([[0, rows]], n);
  expect(
    dropCut(
      [
        [0, 1],
        [1, 4],
        [5, 2],
      ],
      n,
    ),
  ).toEqual(whole);
});

function dropCut(cuts: readonly (readonly [number, number])[], n: number): Float32Array {
  f32.fill(1, xAt / 4, xAt / 4 + 7 * n);
  for (const [row0, rows] of cuts) {
    const skipped = row0 * n * 4;
    kernels.dropout(xAt + skipped, outAt + skipped, rows, n, row0, keyAt, stepAt, 0, rate(32768));
  }
  return f32.slice(outAt / 4, outAt / 4 + 7 * n);
}

test('uniform stays in [low, high) and has the mean and variance of its interval', () => {
  kernels.uniform(outAt, million, keyAt, 5, f32Bits(-1), f32Bits(3));
  const values = f32.slice(outAt / 4, outAt / 4 + million);
  expect(values.every((v) => v >= -1 && v < 3)).toBe(true);
  const { mean, variance } = moments(values);
  expect(mean).toBeCloseTo(1, 2);
  expect(variance).toBeCloseTo(16 / 12, 2);
});

test('uniformRows has the moments of (0, 1), even shares of its sixteenths, and never reaches an end', () => {
  kernels.uniformRows(outAt, 1000, 1000, 0, keyAt, stepAt, 4);
  const values = f32.slice(outAt / 4, outAt / 4 + million);
  expect(values.every((v) => v > 0 && v < 1)).toBe(true);
  const { mean, variance } = moments(values);
  // Five sigma of each estimate: √(1/12n), √((1/80 − 1/144)/n).
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / million));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt((1 / 80 - 1 / 144) / million));
  const shares = new Array<number>(16).fill(0);
  for (const v of values) shares[Math.floor(16 * v)]!++;
  for (const share of shares) expect(Math.abs(share - million / 16)).toBeLessThan(5 * Math.sqrt((million * 15) / 256));
  // 24 bits and more: hardly any two are equal, where 16 bits would leave 65536 different ones.
  expect(new Set(values).size).toBeGreaterThan(950_000);
});

test('uniformRows does not depend on how rows are cut into calls, and is another for another step, site and key', () => {
  const draw = (cuts: readonly (readonly [row0: number, rows: number])[], at = { site: 4, step: 17, key: keyAt }) => {
    u32[stepAt / 4] = at.step;
    for (const [row0, rows] of cuts) kernels.uniformRows(outAt + row0 * 180, rows, 45, row0, at.key, stepAt, at.site);
    u32[stepAt / 4] = 17;
    return f32.slice(outAt / 4, outAt / 4 + 7 * 45);
  };
  const whole = draw([[0, 7]]);
  // biome-ignore format: three cuts
  expect(draw([[0, 1], [1, 4], [5, 2]])).toEqual(whole);
  u32.set([1, 2], 128);
  for (const other of [{ site: 5 }, { step: 18 }, { key: 512 }]) {
    const drawn = draw([[0, 7]], { site: 4, step: 17, key: keyAt, ...other });
    expect(drawn.filter((v, i) => v === whole[i]).length).toBe(0);
  }
});

test('normal has the mean, variance, skewness and kurtosis of a normal distribution', () => {
  kernels.normal(outAt, million, keyAt, 6, f32Bits(0), f32Bits(1));
  const { mean, variance, skewness, kurtosis } = moments(f32.slice(outAt / 4, outAt / 4 + million));
  // Five sigma of each estimate over n = 10⁶: √(1/n), √(2/n), √(6/n), √(24/n).
  expect(Math.abs(mean)).toBeLessThan(5e-3);
  expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2e-6));
  expect(Math.abs(skewness)).toBeLessThan(5 * Math.sqrt(6e-6));
  expect(Math.abs(kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24e-6));
});

test('normal follows Box–Muller with exact functions to within a rounding', () => {
  u32.fill(0, 128, 132);
  const n = 1000;
  kernels.normal(outAt, n, keyAt, 0, f32Bits(0), f32Bits(1));
  kernels.philox(xAt, n / 4, 512, keyAt);
  for (let i = 0; i < n; i += 2) {
    const [w0, w1] = [u32[xAt / 4 + i]!, u32[xAt / 4 + i + 1]!];
    const r = Math.sqrt(-2 * Math.log((w0 + 1) * 2 ** -32));
    const angle = 2 * Math.PI * w1 * 2 ** -32;
    expect(f32[outAt / 4 + i]).toBeCloseTo(r * Math.cos(angle), 5);
    expect(f32[outAt / 4 + i + 1]).toBeCloseTo(r * Math.sin(angle), 5);
  }
});

function moments(values: Float32Array): { mean: number; variance: number; skewness: number; kurtosis: number } {
  const average = (power: number, mean: number): number =>
    values.reduce((sum, v) => sum + (v - mean) ** power, 0) / values.length;
  const mean = average(1, 0);
  const variance = average(2, mean);
  return { mean, variance, skewness: average(3, mean) / variance ** 1.5, kurtosis: average(4, mean) / variance ** 2 };
}
