/** Averages of weights in runs: the averages of the weights that every step leaves, to the bit, for any shards and workers. */
import { Adam, type AveragePolicy, WeightAverage } from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import { evaluate } from '../src/train/evaluate.ts';
import type { EvaluationEvent, TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { points, tinyNet } from './tiny-problem.ts';

const pools = [1, 3].map((workers) => new NodePool({ workers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

const values = (average: WeightAverage) =>
  Float32Array.from([...average.averages.values()].flatMap(({ data }) => [...data]));

function parts(policy: AveragePolicy) {
  const model = tinyNet();
  const optimizer = new Adam(model.parameters(), { lr: 0.01, maxNorm: 1 });
  return { model, optimizer, average: new WeightAverage(model.parameters(), policy) };
}

async function averageOf(policy: AveragePolicy, options: Partial<TrainOptions> = {}): Promise<Float32Array> {
  const run = parts(policy);
  await train({ ...run, data: points(50), epochs: 4, batchSize: 16, seed: 7, ...options });
  return values(run.average);
}

const policies: AveragePolicy[] = [
  { kind: 'ema', decay: 0.9 },
  { kind: 'ema', decay: 0.9, warmup: true },
  { kind: 'swa', startEpoch: 2 },
];

describe.each(policies)('%o', (policy) => {
  test('is what update() makes of the weights of every step', async () => {
    const inRun = await averageOf(policy, { batchSize: 50, shuffle: false });
    const { model, optimizer, average } = parts(policy);
    for (let epoch = 1; epoch <= 4; epoch++) {
      await train({ model, optimizer, data: points(50), epochs: 1, batchSize: 50, seed: 7, shuffle: false });
      if (average.takes({ epoch, lastOfEpoch: true })) average.update();
    }
    expectBitsEqual(values(average), inRun);
  });

  test('depends on neither shards nor workers, clipped or not', async () => {
    for (const options of [{}, { clipGradNorm: 0.05 }]) {
      const one = await averageOf(policy, options);
      for (const shards of [1, 5]) expectBitsEqual(await averageOf(policy, { ...options, shards }), one);
      for (const pool of pools) expectBitsEqual(await averageOf(policy, { ...options, pool }), one);
    }
  });
});

test('an average changes no bit of the weights', async () => {
  const weights = async (averaged: boolean) => {
    const { model, optimizer, average } = parts(policies[0]!);
    const options = { model, optimizer, data: points(50), epochs: 2, batchSize: 16, seed: 7 };
    await train({ ...options, ...(averaged ? { average } : {}) });
    return Float32Array.from(model.parameters().flatMap(({ data }) => [...data]));
  };
  expectBitsEqual(await weights(true), await weights(false));
});

test('evaluation of the averaged weights says so, and leaves the model as it was', async () => {
  const { model, optimizer, average } = parts({ kind: 'swa', startEpoch: 2 });
  const data = points(50);
  const events: EvaluationEvent[] = [];
  const onEvent = (event: TrainEvent) => event.type === 'evaluation' && events.push(event);
  await train({
    model,
    optimizer,
    average,
    evaluateAverage: true,
    data,
    test: data,
    epochs: 3,
    batchSize: 16,
    onEvent,
  });
  expect(events.map(({ averaged }) => averaged)).toEqual([undefined, true, true]);
  expect((await evaluate({ model, data })).loss).not.toBe(events[2]!.testLoss);
  average.swap();
  expect((await evaluate({ model, data })).loss).toBe(events[2]!.testLoss);
});

test('evaluating an average needs one', async () => {
  const { model, optimizer } = parts(policies[0]!);
  const options = { model, optimizer, data: points(8), epochs: 1, batchSize: 4, evaluateAverage: true };
  await expect(train(options)).rejects.toThrow(/evaluateAverage: there is no average; give one/);
});
