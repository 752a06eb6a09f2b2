/** Runs to stop and go on with, one for each kind of state that decides the rest of a run. */
import { manualSeed, mixup, NAdam, nn, type Optimizer, WeightAverage } from '@lockstep/core';
import { expect } from 'vitest';
import type { TrainCallback } from '../src/train/callbacks.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { bestCheckpoint, earlyStopping, logger } from '../src/train/known-callbacks.ts';
import type { TrainOptions } from '../src/train/options.ts';
import type { SnapshotReason } from '../src/train/snapshots.ts';
import { decodeTrainingState, encodeTrainingState } from '../src/train/state-file.ts';
import { train } from '../src/train/trainer.ts';
import type { TrainingState } from '../src/train/training-state.ts';
import { classes, features, optimizers, points, tinyNet } from './tiny-problem.ts';

export interface Problem {
  readonly model?: (seed: number) => nn.Module;
  readonly optimizer: (model: nn.Module) => Optimizer;
  readonly average?: (model: nn.Module) => WeightAverage;
  readonly callbacks?: () => readonly TrainCallback[];
  readonly options?: Partial<TrainOptions>;
}

export function normalizedNet(seed: number): nn.Module {
  manualSeed(seed);
  const hidden = [new nn.Linear(features, 12), new nn.BatchNorm1d(12), new nn.ReLU(), new nn.Dropout(0.3)];
  return new nn.Sequential(...hidden, new nn.Linear(12, classes));
}

export const data = points(50);
const plateau = { patience: 0, factor: 0.5, threshold: 100, thresholdMode: 'abs' } as const;

export const problems: Record<string, Problem> = {
  'SGD with momentum and dropout': { optimizer: optimizers.sgd },
  'Adam, dropout by a schedule': {
    optimizer: optimizers.adam,
    options: { dropoutSchedule: { kind: 'linear', steps: 9 } },
  },
  'buffers of batch normalisation': { model: normalizedNet, optimizer: optimizers.sgd, options: { test: points(20) } },
  'a one-cycle schedule of rate and momentum': {
    optimizer: optimizers.adam,
    options: { lrSchedule: { kind: 'oneCycle', totalSteps: 12 } },
  },
  'a schedule of epochs, gradients clipped': {
    optimizer: (model) => new NAdam(model.parameters(), { lr: 0.01, maxNorm: 1 }),
    options: { lrSchedule: { kind: 'exponential', gamma: 0.5, unit: 'epoch' }, clipGradNorm: 0.5 },
  },
  'a plateau policy': { optimizer: optimizers.sgd, options: { test: points(20), reduceLrOnPlateau: plateau } },
  'a moving average of the weights, evaluated': {
    optimizer: optimizers.adam,
    average: (model) => new WeightAverage(model.parameters(), { kind: 'ema', decay: 0.9, warmup: true }),
    options: { test: points(20), evaluateAverage: true },
  },
  'a mean of the weights from an epoch on, in file order': {
    optimizer: optimizers.muon,
    average: (model) => new WeightAverage(model.parameters(), { kind: 'swa', startEpoch: 2 }),
    options: { shuffle: false, seed: 2n ** 60n + 1n },
  },
};

problems['early stopping with the best weights back, a part held out, classes drawn alike'] = {
  optimizer: optimizers.sgd,
  // No epoch is better than the first by so much.
  callbacks: () => [
    logger({ write: () => {} }),
    earlyStopping({ patience: 2, minDelta: 100, restoreBest: true }),
    bestCheckpoint({ monitor: 'trainLoss', save: () => {} }),
  ],
  options: {
    validationSplit: 0.2,
    sampler: { kind: 'weighted', weights: 'balanced' },
    classWeights: 'balanced',
    metrics: ['f1'],
    epochs: 9,
  },
};

problems['mixup of samples drawn by weights of their own'] = {
  optimizer: optimizers.sgd,
  options: { augment: [mixup()], sampler: { kind: 'weighted', weights: Array.from({ length: 50 }, (_, i) => i / 3) } },
};

interface Snapshot {
  readonly state: TrainingState;
  readonly reason: SnapshotReason;
  /** Events that came before it. */
  readonly events: number;
}

/** Runs the problem in fresh objects; `seed` makes their first values, which a resumed run must not depend on. */
export async function run(problem: Problem, options: Partial<TrainOptions> & { initial?: number } = {}) {
  const { initial = 7, ...more } = options;
  const model = (problem.model ?? tinyNet)(initial);
  const optimizer = problem.optimizer(model);
  const average = problem.average?.(model);
  const callbacks = problem.callbacks?.();
  const events: object[] = [];
  const snapshots: Snapshot[] = [];
  const result = await train({
    model,
    optimizer,
    ...(average ? { average } : {}),
    ...(callbacks ? { callbacks } : {}),
    data,
    epochs: 3,
    batchSize: 16,
    seed: 7,
    snapshotEvery: { epochs: 1 },
    onSnapshot: (state, reason) => snapshots.push({ state, reason, events: events.length }),
    ...problem.options,
    ...more,
    onEvent: (event) => {
      events.push(timeless(event));
      more.onEvent?.(event);
    },
  });
  const { samplesPerSecond: _, ...rest } = result;
  return { model, optimizer, events, snapshots, result: rest, final: snapshots.at(-1)?.state ?? more.resume! };
}

function timeless(event: TrainEvent): object {
  const { samplesPerSecond: _, ...rest } = { samplesPerSecond: 0, ...event };
  return rest;
}

/** Through the two files, as a later process gets it. */
export async function stored(state: TrainingState): Promise<TrainingState> {
  return (await decodeTrainingState(await encodeTrainingState(state))).state;
}

export const encoded = async (state: TrainingState) =>
  (await decodeTrainingState(await encodeTrainingState(state))).manifest;

export function expectSameState(got: TrainingState, expected: TrainingState): void {
  const { tensors, ...rest } = got;
  expect(rest).toEqual({ ...expected, tensors: undefined });
  expect(Buffer.compare(tensors, expected.tensors)).toBe(0);
}

export const problem = problems['buffers of batch normalisation']!;
