/** A network with batch normalisation in the training loop: it learns, with the same bits for any shards, and evaluates by running statistics. */
import { crossEntropy, manualSeed, nn, SGD, type Tensor, tensor } from '@lockstep/core';
import { ResNet } from '@lockstep/core/models';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { Pool } from '../src/pool/pool.ts';
import { evaluate } from '../src/train/evaluate.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

const shape = [3, 8, 8];

/** Images with stripes down, across, or along the diagonal, and some noise. */
function stripes(count: number): FeatureDataset {
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const features = labels.flatMap((label, i) =>
    Array.from({ length: 192 }, (_, j) => {
      const [x, y] = [j % 8, Math.floor(j / 8) % 8];
      return Math.sin(1.6 * [x, y, x + y][label]! + i) + 0.3 * Math.sin(31 * i + 17 * j);
    }),
  );
  return arrayDataset({ features, labels, shape });
}

const data = stripes(20);

async function run(options: { shards?: number; pool?: Pool; epochs?: number } = {}) {
  manualSeed(5);
  const model = new ResNet(shape, 3, { widths: [5, 8] });
  const losses: number[] = [];
  const onEvent = (event: TrainEvent) => event.type === 'epoch' && losses.push(event.trainLoss);
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  await train({ epochs: 2, ...options, model, optimizer, data, batchSize: 8, seed: 7, onEvent });
  const buffers = [...model.namedBuffers()].map(([name, { data: values }]) => [name, [...values]]);
  return { model, losses, hash: await weightsHash(model), buffers };
}

describe('a small ResNet', () => {
  const pool = new NodePool({ workers: 2 });
  afterAll(() => pool.close());

  test('has the same weights and running statistics for 1, 3 and 8 shards and for two workers', async () => {
    const first = await run({ shards: 1 });
    for (const options of [{ shards: 3 }, { shards: 8 }, { shards: 5, pool }]) {
      const { hash, buffers } = await run(options);
      expect([hash, buffers]).toEqual([first.hash, first.buffers]);
    }
    expect(first.buffers.length).toBe(18);
    expect(
      first.buffers.filter(([name]) => String(name).endsWith('tracked')).map(([, values]) => Number(values?.[0])),
    ).toEqual(Array(6).fill(6));
  });

  test('learns', async () => {
    const { losses, model } = await run({ epochs: 12 });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 4);
    expect((await evaluate({ model, data })).accuracy).toBe(1);
  });

  test('is evaluated with the running statistics, which evaluation leaves alone, between epochs too', async () => {
    const { model } = await run();
    const before = [...model.bn1.runningMean!.data];
    const { loss } = await evaluate({ model, data });
    const x = tensor(data.features, { shape: [20, ...shape] });
    const eager = (output: Tensor) => crossEntropy(output, tensor(data.labels, { dtype: 'i32' })).item();
    expect([...model.bn1.runningMean!.data]).toEqual(before);
    expect(loss).toBeCloseTo(eager(model.eval().forward(x)), 5);
    expect(Math.abs(loss - eager(model.train().forward(x)))).toBeGreaterThan(1e-4);
  });

  test('evaluations between epochs see the statistics of that epoch', async () => {
    manualSeed(5);
    const model = new nn.Sequential(new nn.Flatten(), new nn.BatchNorm1d(192), new nn.Linear(192, 3));
    const seen: number[] = [];
    const onEvent = (event: TrainEvent) => event.type === 'evaluation' && seen.push(event.testLoss);
    // A rate of 0: only the running statistics change.
    const optimizer = new SGD(model.parameters(), { lr: 0 });
    await train({ model, optimizer, data, test: data, epochs: 3, batchSize: 10, onEvent });
    expect(new Set(seen).size).toBe(3);
    expect(seen[2]).toBeCloseTo((await evaluate({ model, data })).loss, 6);
  });

  test('the hash counts parameters alone', async () => {
    const { model, hash } = await run({ epochs: 1 });
    model.bn1.runningMean!.data[0]! += 1;
    expect(await weightsHash(model)).toBe(hash);
  });
});
