/** The statistics of the tables, and that every study's networks can be built and run. */
import { expect, test } from 'vitest';
import { spread, table } from '../report.ts';
import { studies } from '../studies/index.ts';
import { varianceShift } from '../studies/variance-shift.ts';
import type { RunResult } from '../study.ts';

test('the spread is the mean and the standard deviation of the sample', () => {
  expect(spread([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: Math.sqrt(32 / 7) });
  expect(spread([3]).deviation).toBeNaN();
});

test('a table has a line for each variant that was run', () => {
  const study = studies.find(({ name }) => name === 'cifar10')!;
  const run = (variant: string, seed: number, testAccuracy: number): RunResult => ({
    variant,
    seed,
    epochs: 1,
    curve: [{ trainLoss: 1, testLoss: 0.5, testAccuracy }],
    weightsHash: '',
    samplesPerSecond: 1,
  });
  const results = [run('no dropout', 1, 0.7), run('no dropout', 2, 0.72)];
  expect(table(study, results).split('\n').slice(2)).toEqual([
    '| no dropout | 2 | 1 | 71.000 ± 1.414 | 0.5000 ± 0.0000 | 1.0000 ± 0.0000 |',
  ]);
});

test.each(studies)('$name: variants have names of their own and models for their data', ({ variants }) => {
  expect(new Set(variants.map(({ name }) => name)).size).toBe(variants.length);
  for (const variant of variants) {
    const shape = variant.data.name === 'mnist' ? [1, 28, 28] : [3, 32, 32];
    const model = variant.make(shape, 10);
    expect(variant.optimizer(model, variant.lr).parameters.length).toBe(model.parameters().length);
  }
});

test('the measured variance ratios are the expected ones within 2 %', () => {
  const rows = varianceShift()
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').slice(1, -1).map(Number));
  expect(rows).toHaveLength(4);
  for (const [, zeroMean, normal, expected, rectified] of rows) {
    expect(Math.abs(normal! / zeroMean! - 1)).toBeLessThan(0.02);
    expect(Math.abs(rectified! / expected! - 1)).toBeLessThan(0.02);
  }
});
