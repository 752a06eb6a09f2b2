/** Schedules of the learning rate in runs: the rate of every step, whatever the segments, shards and workers. */
import { type LrSchedule, SGD, scheduledLr, withWarmup } from '@lockstep/core';
import { afterAll, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { points, tinyNet, tinyRun } from './tiny-problem.ts';

const pools = [1, 3].map((workers) => new NodePool({ workers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

async function ratesOf(options: Partial<TrainOptions>): Promise<number[]> {
  const rates: number[] = [];
  await tinyRun({ ...options, onEvent: (event) => event.type === 'step' && rates.push(event.lr) });
  return rates;
}

const schedules: LrSchedule[] = [
  { kind: 'cosine', tMax: 8 },
  { kind: 'exponential', gamma: 0.5, unit: 'epoch' },
  { kind: 'oneCycle', totalSteps: 8 },
  withWarmup({ kind: 'polynomial', totalIters: 5, power: 1.5 }, 3),
];

test.each(schedules)(
  '$kind: every step has its rate, and the bits depend on neither shards nor workers',
  async (lrSchedule) => {
    const counts = [0, 1, 2, 3, 4, 5, 6, 7].map((step) => (lrSchedule.unit === 'epoch' ? Math.floor(step / 4) : step));
    expect(await ratesOf({ lrSchedule })).toEqual(counts.map((t) => scheduledLr(lrSchedule, 0.1, t)));
    const { hash } = await tinyRun({ lrSchedule });
    expect(hash).not.toBe((await tinyRun()).hash);
    for (const shards of [1, 5]) expect((await tinyRun({ lrSchedule, shards })).hash).toBe(hash);
    for (const pool of pools) expect((await tinyRun({ lrSchedule, pool })).hash).toBe(hash);
  },
);

test('is a rate set by hand before each step, to the bit', async () => {
  const [scheduled, byHand] = [tinyNet(), tinyNet()];
  const data = points(16);
  const common = { data, epochs: 1, batchSize: 16, seed: 7 };
  const optimizer = new SGD(byHand.parameters(), { lr: 0.1, momentum: 0.9 });
  for (let step = 0; step < 4; step++) {
    optimizer.lr = 0.1 * 0.5 ** step;
    await train({ ...common, model: byHand, optimizer, shuffle: false });
  }
  const lrSchedule = { kind: 'exponential', gamma: 0.5 } as const;
  const other = new SGD(scheduled.parameters(), { lr: 0.1, momentum: 0.9 });
  await train({ ...common, epochs: 4, model: scheduled, optimizer: other, lrSchedule, shuffle: false });
  expect(await weightsHash(scheduled)).toBe(await weightsHash(byHand));
});

test('is gone after the run', async () => {
  const model = tinyNet();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  await train({
    model,
    optimizer,
    data: points(8),
    epochs: 1,
    batchSize: 4,
    lrSchedule: { kind: 'exponential', gamma: 0.1 },
  });
  expect(optimizer.schedule).toBeUndefined();
  expect(optimizer.lrAt(5)).toBe(0.1);
});

test('a plateau policy lowers the rate of the epochs after a measure that is no better', async () => {
  const data = points(16);
  // No measure is better than the first by so much.
  const reduceLrOnPlateau = { patience: 0, factor: 0.5, threshold: 100, thresholdMode: 'abs' } as const;
  const rates = await ratesOf({ data, test: data, batchSize: 16, epochs: 4, reduceLrOnPlateau });
  expect(rates).toEqual([0.1, 0.1, 0.05, 0.025]);
  const other = { ...reduceLrOnPlateau, monitor: 'trainAccuracy' } as const;
  expect(await ratesOf({ data, batchSize: 16, epochs: 4, reduceLrOnPlateau: other })).toEqual([0.1, 0.1, 0.05, 0.025]);
});

test('a plateau policy follows the part that a run holds back', async () => {
  await expect(tinyRun({ reduceLrOnPlateau: {}, validationSplit: 0.2 })).resolves.toBeDefined();
});

test('a plateau policy and an observer both see the events', async () => {
  const events: TrainEvent[] = [];
  await tinyRun({ reduceLrOnPlateau: { monitor: 'trainLoss' }, onEvent: (event) => events.push(event) });
  expect(events).toHaveLength(2 * (4 + 1));
});

test('policies that make no sense are refused', async () => {
  await expect(tinyRun({ reduceLrOnPlateau: {} })).rejects.toThrow(/testLoss needs a test set/);
  await expect(tinyRun({ reduceLrOnPlateau: { monitor: 'loss' as 'testLoss' } })).rejects.toThrow(
    /monitor must be one of/,
  );
  await expect(tinyRun({ lrSchedule: { kind: 'step', stepSize: 0 } })).rejects.toThrow(
    /stepSize must be an integer ≥ 1/,
  );
});
