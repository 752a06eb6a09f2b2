/** The statistics of dropout masks: rates, and no correlation of any two decisions. Seeds are fixed; bounds are 5 standard deviations. */
import { F, inputTensor, manualSeed, ones, type Tensor, traceWith } from '@lockstep/core';
import { binomialBounds, correlation } from '@lockstep/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(2026));

const n = 10_000_000;
const x = ones([2500, 4000]);

test.each([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])('of 10⁷ elements the share %s is dropped', (p) => {
  const { data } = F.dropout(x, { p });
  let zeros = 0;
  for (let i = 0; i < data.length; i++) if (data[i] === 0) zeros++;
  expect(data.length).toBe(n);
  const { low, high } = binomialBounds(n, p, 5);
  expect(zeros).toBeGreaterThan(low);
  expect(zeros).toBeLessThan(high);
});

test.each([0.1, 0.5])('the mean of 10⁷ ones stays 1 with p = %s', (p) => {
  const { data } = F.dropout(x, { p });
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  expect(Math.abs(sum / n - 1)).toBeLessThan(5 * Math.sqrt(p / (1 - p) / n));
});

describe('no correlation', () => {
  const [rows, columns] = [1000, 1024];
  const input = ones([rows, columns]);
  const mask = () => F.dropout(input, { p: 0.5 }).data;
  /** |r| of n independent pairs exceeds 5/√n with probability 6e-7. */
  const expectUncorrelated = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    expect(a.length).toBeGreaterThan(500_000);
    expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(a.length));
  };

  test('between call sites', () => {
    const masks = [mask(), mask(), mask(), mask()];
    for (let i = 0; i < 4; i++) for (let j = 0; j < i; j++) expectUncorrelated(masks[i]!, masks[j]!);
  });

  test.each([1, 2, 3, 4, 7, 8, 9, 16, 31, 32, 33, 64])('between elements %i apart', (distance) => {
    const { length } = mask();
    const drawn = mask();
    expectUncorrelated(drawn.subarray(0, length - distance), drawn.subarray(distance));
  });

  test.each([1, 2, 3, 100])('between samples %i apart', (distance) => {
    const drawn = mask();
    expectUncorrelated(drawn.subarray(0, (rows - distance) * columns), drawn.subarray(distance * columns));
  });

  test('between steps', () => {
    const traced = inputTensor('x', { shape: [rows, columns], dtype: 'f32' });
    const y: Tensor = traceWith(5, () => F.dropout(traced, { p: 0.5 }));
    const program = programOf([traced, y], { batch: rows, shards: 4 });
    const steps = [0, 1, 2, 1000].map((step) => {
      program.data(traced).fill(1);
      program.step(step);
      return program.data(y).slice();
    });
    for (let i = 0; i < 4; i++) for (let j = 0; j < i; j++) expectUncorrelated(steps[i]!, steps[j]!);
  });

  test('between seeds that follow each other', () => {
    const bySeed = [0, 1, 2].map((seed) => F.dropout(input, { p: 0.5, seed }).data);
    expectUncorrelated(bySeed[0]!, bySeed[1]!);
    expectUncorrelated(bySeed[1]!, bySeed[2]!);
  });
});
