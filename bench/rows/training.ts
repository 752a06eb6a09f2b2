/** Rows that train a model on random data: seed network, MLP, ResNet, Adam. A new model is a line in each models table and a row here. */
import { lockstepEverywhere, lockstepName, torchEverywhere, type Work } from '../commands.ts';
import { type Effort, type Row, type Target, torchBest } from '../row.ts';

interface TrainingRow {
  readonly name: string;
  readonly title: string;
  readonly model: string;
  readonly dropout: number;
  readonly optimizer?: 'sgd' | 'adam';
  readonly batch: number;
  /** Divides the samples of an epoch and a block, for a model that takes longer. Default 1. */
  readonly fewer?: number;
  /** Times PyTorch's best, for two workers. */
  readonly flag?: number;
  readonly plain?: number;
}

/** Samples an epoch of ours, a block of theirs; blocks. */
const amounts: Record<Effort, { count: number; torchCount: number; blocks: number; warmup: number }> = {
  full: { count: 8192, torchCount: 1024, blocks: 7, warmup: 5 },
  quick: { count: 4096, torchCount: 512, blocks: 3, warmup: 3 },
  smoke: { count: 64, torchCount: 64, blocks: 1, warmup: 1 },
};

export function trainingWork(effort: Effort, row: Omit<TrainingRow, 'name' | 'title'>): { ours: Work; theirs: Work } {
  const { model, dropout, optimizer = 'sgd', batch, fewer = 1 } = row;
  const { count, torchCount, blocks, warmup } = amounts[effort];
  const work = { model, dropout, optimizer, blocks, warmup, batch: effort === 'smoke' ? 16 : batch };
  return { ours: { ...work, count: count / fewer }, theirs: { ...work, count: torchCount / fewer } };
}

const twoToOne: readonly Target[] = (['flag', 'plain'] as const).map((kernels) => ({
  subject: lockstepName(2, kernels),
  against: lockstepName(1, kernels),
  atLeast: 1.85,
}));

function training(row: TrainingRow): Row {
  const target = (kernels: 'flag' | 'plain'): Target[] => {
    const atLeast = row[kernels];
    return atLeast === undefined ? [] : [{ subject: lockstepName(2, kernels), against: torchBest, atLeast }];
  };
  return {
    name: row.name,
    title: row.title,
    unit: 'images/s',
    figure: 'imagesPerSecond',
    better: 'higher',
    contenders: (effort) => {
      const { ours, theirs } = trainingWork(effort, row);
      return [...lockstepEverywhere('lockstep-train', ours), ...torchEverywhere('torch_train', theirs)];
    },
    targets: [...target('flag'), ...target('plain'), ...twoToOne],
  };
}

const seedNet = 'seed network 3×32×32, dropout .25, SGD with momentum';
const mlp = 'MLP 784-1024-1024-10';

export const trainingRows: readonly Row[] = [
  training({
    name: 'seed-net-64',
    title: `${seedNet}, batch 64`,
    model: 'seed-net',
    dropout: 0.25,
    batch: 64,
    flag: 5,
    plain: 3,
  }),
  training({
    name: 'seed-net-256',
    title: `${seedNet}, batch 256`,
    model: 'seed-net',
    dropout: 0.25,
    batch: 256,
    flag: 4.8,
    plain: 3,
  }),
  training({
    name: 'seed-net-adam',
    title: 'seed network 3×32×32, dropout .25, Adam, batch 64',
    model: 'seed-net',
    dropout: 0.25,
    optimizer: 'adam',
    batch: 64,
  }),
  training({
    name: 'mlp-dropout-64',
    title: `${mlp}, dropout .2/.5/.5, batch 64`,
    model: 'mlp',
    dropout: 0.5,
    batch: 64,
    flag: 2.4,
    plain: 1.4,
  }),
  training({
    name: 'mlp-dropout-256',
    title: `${mlp}, dropout .2/.5/.5, batch 256`,
    model: 'mlp',
    dropout: 0.5,
    batch: 256,
    flag: 2,
    plain: 1.2,
  }),
  training({ name: 'mlp-64', title: `${mlp}, no dropout, batch 64`, model: 'mlp', dropout: 0, batch: 64, flag: 1.1 }),
  training({
    name: 'mlp-256',
    title: `${mlp}, no dropout, batch 256`,
    model: 'mlp',
    dropout: 0,
    batch: 256,
    flag: 0.85,
  }),
  training({
    name: 'resnet-8-64',
    title: 'ResNet-8 with BatchNorm, 3×32×32, batch 64',
    model: 'resnet-8',
    dropout: 0,
    batch: 64,
    fewer: 4,
    flag: 1,
  }),
  training({
    name: 'resnet18-cifar',
    title: 'ResNet-18 for CIFAR, 3×32×32, batch 64',
    model: 'resnet18-cifar',
    dropout: 0,
    batch: 64,
    fewer: 32,
  }),
];
