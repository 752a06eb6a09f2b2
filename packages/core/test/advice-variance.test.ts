/** The adviser's formulas of variances against what dropout does to samples. Seeds are fixed; bounds are 5 standard errors. */
import { F, manualSeed, randn, type Tensor, zeros } from '@lockstep/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { meanAlignment, rectifiedNormal, varianceRatio, varianceRatioBehind } from '../src/advice/variance.ts';

beforeEach(() => manualSeed(2018));

/** The variance and its standard error, by the fourth central moment. */
function varianceOf(x: Tensor): { variance: number; error: number } {
  const { data } = x;
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / data.length;
  let [second, fourth] = [0, 0];
  for (const value of data) {
    const square = (value - mean) ** 2;
    second += square;
    fourth += square * square;
  }
  const variance = second / data.length;
  return { variance, error: Math.sqrt((fourth / data.length - variance * variance) / data.length) };
}

function expectRatio(train: Tensor, test: Tensor, expected: number): void {
  const [a, b] = [varianceOf(train), varianceOf(test)];
  const relativeError = Math.sqrt((a.error / a.variance) ** 2 + (b.error / b.variance) ** 2);
  expect(Math.abs(a.variance / b.variance / expected - 1)).toBeLessThan(5 * relativeError);
  expect(relativeError).toBeLessThan(0.01);
}

const n = 1_000_000;

describe('directly', () => {
  test.each([0.1, 0.25, 0.5, 0.8])('mean 0: 1/(1 − p), p = %s', (p) => {
    expect(varianceRatio(p)).toBeCloseTo(1 / (1 - p), 12);
    const x = randn([1000, n / 1000]);
    expectRatio(F.dropout(x, { p }), x, varianceRatio(p));
  });

  test.each([0.2, 0.5])('mean 1.5, variance 4: ((v + m²)/(1 − p) − m²)/v, p = %s', (p) => {
    const [m, v] = [1.5, 4];
    expect(varianceRatio(p, (m * m) / v)).toBeCloseTo(((v + m * m) / (1 - p) - m * m) / v, 12);
    const x = randn([1000, n / 1000], { mean: m, std: Math.sqrt(v) });
    expectRatio(F.dropout(x, { p }), x, varianceRatio(p, (m * m) / v));
  });

  test('after ReLU of a centred normal number', () => {
    const x = F.relu(randn([1000, n / 1000], { std: 3 }));
    expectRatio(F.dropout(x, { p: 0.5 }), x, varianceRatio(0.5, rectifiedNormal));
  });
});

test.each([
  { correlation: 0, mean: 0 },
  { correlation: 0.5, mean: 0 },
  { correlation: 0.3, mean: 1 },
])('behind a layer: correlation $correlation, mean $mean', ({ correlation, mean }) => {
  const [rows, d, p] = [200_000, 8, 0.5];
  // √ρ·common + √(1 − ρ)·own: variance 1, correlation ρ.
  const common = randn([rows, 1]).mul(Math.sqrt(correlation));
  const x = randn([rows, d])
    .mul(Math.sqrt(1 - correlation))
    .add(common)
    .add(mean);
  const weight = randn([1, d], { mean: 0.5 });
  const alignment = meanAlignment(weight.data, 1);
  expect(alignment).toBeGreaterThan(1);
  const expected = varianceRatioBehind(p, { alignment, correlation, meanSquare: mean * mean });
  expectRatio(F.linear(F.dropout(x, { p }), weight), F.linear(x, weight), expected);
});

test('the alignment of weights: d for equal ones, 0 for a sum of 0, the mean over outputs, zeros left out', () => {
  expect(meanAlignment([2, 2, 2, 2], 1)).toBe(4);
  expect(meanAlignment([1, -1], 1)).toBe(0);
  expect(meanAlignment([1, 1, 1, -1, 0, 0], 3)).toBe(1);
  expect(meanAlignment(zeros([4]).data, 2)).toBe(1);
});
