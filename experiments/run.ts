/** Trains one variant for one seed on all cores. */
import { rm } from 'node:fs/promises';
import { defaultArena, F, manualSeed, type nn } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { loadDataset } from '@lockstep/data/node';
import {
  arenaAllocator,
  evaluate,
  type LossFunction,
  type Pool,
  type SnapshotInterval,
  train,
  weightsHash,
} from '@lockstep/scheduler';
import { CheckpointFolder, CheckpointWriter } from '@lockstep/scheduler/node';
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

export interface RunOptions {
  readonly seed: number;
  readonly pool: Pool;
  readonly onEpoch: (epoch: number, result: EpochResult) => void;
  /** The folder of the run's checkpoints: a run that was ended early goes on from there; it is removed when the run is done. */
  readonly checkpoints: string;
  /** Default: every 5 minutes, so that short runs have none. */
  readonly checkpointEvery?: SnapshotInterval;
}

export async function runVariant(variant: Variant, options: RunOptions): Promise<RunResult> {
  const { data: choice, batchSize, epochs, lr, dropoutSchedule, trainSamples, oneCycle, augment } = variant;
  const { seed, pool } = options;
  const [all, test] = [await load(choice.name, 'train'), await load(choice.name, 'test')];
  const data = choice.limit === undefined ? all : firstSamples(all, choice.limit);
  manualSeed(seed);
  const model = variant.make(data.shape, data.classes.length);
  const optimizer = variant.optimizer(model, lr);
  const store = await CheckpointFolder.open(options.checkpoints, { keep: 1, best: 'none' });
  const writer = new CheckpointWriter({
    folder: store,
    onError: (error, step) => console.error(`the checkpoint of step ${step} could not be written: ${String(error)}`),
  });
  const checkpoint = await store.load();
  const curve = [...((checkpoint?.manifest.notes?.curve as EpochResult[] | undefined) ?? [])];
  const totalSteps = epochs * Math.ceil(data.count / batchSize);
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
    ...(augment ? { augment } : {}),
    ...(oneCycle ? { lrSchedule: { kind: 'oneCycle', totalSteps } as const } : {}),
    ...(variant.labelSmoothing === undefined ? {} : { loss: smoothedLoss(model, variant.labelSmoothing) }),
    resume: checkpoint?.state,
    snapshotEvery: options.checkpointEvery ?? { minutes: 5 },
    onSnapshot: (state) => writer.submit(state, { notes: { curve: [...curve] } }),
    onEvent: (event) => {
      if (event.type === 'epoch') {
        trainLoss = event.trainLoss;
        // Steps never run ahead over the end of an epoch, so the next epoch starts with this rate.
        if (!oneCycle) optimizer.lr = lr * (1 - event.epoch / epochs);
      } else if (event.type === 'evaluation') {
        const point = { trainLoss, testLoss: event.testLoss, testAccuracy: event.testAccuracy };
        curve.push(point);
        options.onEpoch(event.epoch, point);
      }
    },
  }).finally(() => writer.idle());
  const finalTrainLoss =
    trainSamples === undefined
      ? undefined
      : (await evaluate({ model, data: firstSamples(data, trainSamples), pool })).loss;
  await rm(options.checkpoints, { recursive: true, force: true });
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

/** Cross-entropy, with smoothed targets while the model trains. */
function smoothedLoss(model: nn.Module, labelSmoothing: number): LossFunction {
  return (output, target) => F.crossEntropy(output, target, model.training ? { labelSmoothing } : {});
}
