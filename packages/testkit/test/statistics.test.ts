/** Statistics agree with table values. */
import { expect, it } from 'vitest';
import { binomialBounds, chiSquare, chiSquareTail, correlation, hashUniform, mean } from '../src/index.ts';

it('bounds binomial counts', () => {
  expect(binomialBounds(10_000, 0.5, 3)).toEqual({ low: 4850, high: 5150 });
  expect(binomialBounds(10, 0.1, 5).low).toBe(0);
  expect(binomialBounds(10, 0.9, 5).high).toBe(10);
});

it('measures correlation', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
  expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  expect(correlation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12);
  expect(Math.abs(correlation(hashUniform('a', 10_000), hashUniform('b', 10_000)))).toBeLessThan(0.04);
  expect(correlation([1, 1], [1, 2])).toBeNaN();
});

it.each([
  [3.841458820694124, 1, 0.05],
  [2, 2, Math.exp(-1)],
  [18.307038053275146, 10, 0.05],
  [23.209251158954356, 10, 0.01],
  [3.940299136, 10, 0.95],
  [124.3421134004, 100, 0.05],
])('has the chi-square tail of %f with %i degrees', (statistic, degrees, tail) => {
  expect(chiSquareTail(statistic, degrees)).toBeCloseTo(tail, 8);
});

it('tests goodness of fit', () => {
  expect(chiSquare([10, 10, 10])).toEqual({ statistic: 0, degrees: 2, pValue: 1 });
  const skewed = chiSquare([30, 10], [20, 20]);
  expect(skewed.statistic).toBe(10);
  expect(skewed.pValue).toBeCloseTo(0.001565402258, 10);
});
