import { expect, test } from 'vitest';
import type { TrainingState } from '../src/train/training-state.ts';
import { problem, run } from './resume-problems.ts';

test('snapshots by steps come after exactly those steps, by minutes when the time has passed', async () => {
  const { snapshots } = await run(problem, { snapshotEvery: { steps: 5 } });
  expect(snapshots.map(({ state }) => state.optimizer.steps)).toEqual([5, 10]);
  const often = await run(problem, { snapshotEvery: { minutes: 1e-9 } });
  expect(often.snapshots.length).toBeGreaterThanOrEqual(3);
  expect(new Set(often.snapshots.map(({ reason }) => reason))).toEqual(new Set(['minutes']));
  const rarely = await run(problem, { snapshotEvery: { minutes: 10, epochs: 3 } });
  expect(rarely.snapshots.map(({ reason }) => reason)).toEqual(['epoch']);
});

test('a snapshot is a copy: steps after it do not change it', async () => {
  const { snapshots, final } = await run(problem, { snapshotEvery: { epochs: 1 } });
  const weights = ({ tensors, weights: { from, to } }: TrainingState) => tensors.slice(from, to).join();
  expect(new Set([...snapshots.map(({ state }) => weights(state))]).size).toBe(3);
  expect(weights(final)).toBe(weights(snapshots[2]!.state));
});

test('intervals that make no sense', async () => {
  for (const [snapshotEvery, message] of [
    [{ steps: 0 }, 'steps must be an integer ≥ 1, got 0'],
    [{ epochs: 1.5 }, 'epochs must be an integer ≥ 1, got 1.5'],
    [{ minutes: 0 }, 'minutes must be a number above 0, got 0'],
  ] as const) {
    await expect(run(problem, { snapshotEvery })).rejects.toThrow(new RangeError(`snapshotEvery: ${message}`));
  }
});
