/** The learning-rate range test: its rates, where it ends, what it suggests, and that it leaves nothing behind. */
import { Adam, type Optimizer, SGD } from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { findLearningRate } from '../src/train/find-learning-rate.ts';
import { points, tinyNet } from './tiny-problem.ts';

const data = points(48);
const options = { data, batchSize: 16, seed: 7 } as const;

function stateOf(parts: { model: ReturnType<typeof tinyNet>; optimizer: Optimizer }): Float32Array {
  const states = [...parts.optimizer.state.values()].flatMap((state) => Object.values(state));
  return Float32Array.from(
    [...Object.values(parts.model.stateDict()), ...states].flatMap((tensor) => [...tensor.data]),
  );
}

test('rates grow by one factor from the first to the last', async () => {
  const model = tinyNet();
  const optimizer = new SGD(model.parameters(), { lr: 0.3 });
  const curve = await findLearningRate(model, {
    ...options,
    optimizer,
    startLr: 1e-4,
    endLr: 0.1,
    steps: 31,
    divergence: 1e9,
  });
  expect(curve.diverged).toBe(false);
  expect(curve.rates).toHaveLength(31);
  expect(curve.losses).toHaveLength(31);
  curve.rates.forEach((rate, i) => {
    expect(rate / (1e-4 * 10 ** (i / 10))).toBeCloseTo(1, 10);
  });
  expect(curve.smoothed[0]).toBeCloseTo(curve.losses[0]!, 10);
});

test('ends where the loss grows, and suggests a rate well before', async () => {
  const model = tinyNet();
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const sweep = { startLr: 1e-4, endLr: 1e4, steps: 160, smoothing: 0.8 };
  const { diverged, rates, smoothed, suggestion } = await findLearningRate(model, { ...options, ...sweep, optimizer });
  expect(diverged).toBe(true);
  expect(rates.length).toBeLessThan(160);
  expect(suggestion).toBeGreaterThan(1e-3);
  expect(suggestion).toBeLessThan(rates[smoothed.indexOf(Math.min(...smoothed))]!);
});

test('puts weights, state, rates and the step count back', async () => {
  const model = tinyNet();
  const [first, ...others] = model.parameters();
  const optimizer = new Adam([
    { params: [first!], lr: 0.01 },
    { params: others, lr: 0.002 },
  ]);
  optimizer.steps = 5;
  const before = stateOf({ model, optimizer });
  await findLearningRate(model, { ...options, optimizer, steps: 20 });
  expectBitsEqual(stateOf({ model, optimizer }), before);
  expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.01, 0.002]);
  expect(optimizer.steps).toBe(5);
  expect(optimizer.schedule).toBeUndefined();
});

test('gives the same curve for any shards', async () => {
  const curveOf = (shards: number) => {
    const model = tinyNet();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    return findLearningRate(model, { ...options, optimizer, shards, steps: 40 });
  };
  expect(await curveOf(5)).toEqual(await curveOf(1));
});

test.each([
  [{ startLr: 0 }, 'startLr must be a finite number above 0, got 0'],
  [{ startLr: 1, endLr: 0.5 }, 'endLr must be a finite number above 1, got 0.5'],
  [{ steps: 1 }, 'steps must be an integer ≥ 2, got 1'],
  [{ smoothing: 1 }, 'smoothing must be in [0, 1), got 1'],
  [{ divergence: 1 }, 'divergence must be above 1, got 1'],
])('%j is refused', async (sweep, message) => {
  const model = tinyNet();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  await expect(findLearningRate(model, { ...options, optimizer, ...sweep })).rejects.toThrow(
    `findLearningRate: ${message}`,
  );
});
