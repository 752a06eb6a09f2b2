/** Trains one variant for one seed on all cores. */
import { defaultArena, manualSeed } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { loadDataset } from '@lockstep/data/node';
import { arenaAllocator, evaluate, type Pool, train, weightsHash } from '@lockstep/scheduler';
import type { DataChoice, EpochResult, RunResult, Variant } from './study.ts';

const loaded = new Map<string, Promise<Dataset>>();

/** Each split is read once. */
function load(name: DataChoice['name'], split: 'train' | 'test'): Promise<Dataset> {
  const key = `${name} ${split}`;
  const known = loaded.get(key) ?? loadDataset(name, { split, allocate: arenaAllocator(defaultArena()) });
  loaded.set(key, known);
  return known;
}

/** The first `count` samples, on the same memory. */
function firstSamples(data: Dataset, count: number): Dataset {
  const size = count * data.shape.reduce((product, extent) => product * extent, 1);
  const part = { labels: data.labels.subarray(0, count), count };
  return 'images' in data
    ? { ...data, ...part, images: data.images.subarray(0, size) }
    : { ...data, ...part, features: data.features.subarray(0, size) };
}

export async function runVariant(
  variant: Variant,
  options: { seed: number; pool: Pool; onEpoch: (epoch: number, result: EpochResult) => void },
): Promise<RunResult> {
  const { data: choice, batchSize, epochs, lr, dropoutSchedule, trainSamples } = variant;
  const { seed, pool } = options;
  const [all, test] = [await load(choice.name, 'train'), await load(choice.name, 'test')];
  const data = choice.limit === undefined ? all : firstSamples(all, choice.limit);
  manualSeed(seed);
  const model = variant.make(data.shape, data.classes.length);
  const optimizer = variant.optimizer(model, lr);
  const curve: EpochResult[] = [];
  let trainLoss = Number.NaN;
  const result = await train({
    model,
    optimizer,
    data,
    test,
    epochs,
    batchSize,
    seed,
    pool,
    ...(dropoutSchedule ? { dropoutSchedule } : {}),
    onEvent: (event) => {
      if (event.type === 'epoch') {
        trainLoss = event.trainLoss;
        // Steps never run ahead over the end of an epoch, so the next epoch starts with this rate.
        optimizer.lr = lr * (1 - event.epoch / epochs);
      } else if (event.type === 'evaluation') {
        const point = { trainLoss, testLoss: event.testLoss, testAccuracy: event.testAccuracy };
        curve.push(point);
        options.onEpoch(event.epoch, point);
      }
    },
  });
  const finalTrainLoss =
    trainSamples === undefined
      ? undefined
      : (await evaluate({ model, data: firstSamples(data, trainSamples), pool })).loss;
  return {
    variant: variant.name,
    seed,
    epochs,
    curve,
    ...(finalTrainLoss === undefined ? {} : { finalTrainLoss }),
    weightsHash: await weightsHash(model),
    samplesPerSecond: Math.round(result.samplesPerSecond),
  };
}
