/** The studies, by name. Rates are chosen per data set, the same for the variants that are compared. */
import { type nn, type Optimizer, SGD } from '@lockstep/core';
import { MLP, SeedNet } from '@lockstep/core/models';
import type { Study, Variant } from '../study.ts';
import { TwoConvNet } from './models.ts';
import { resNet14, resNet18Study } from './residual.ts';

const sgd = (model: nn.Module, lr: number): Optimizer => new SGD(model.parameters(), { lr, momentum: 0.9 });

/** Without and with dropout, everything else alike. */
function pair(p: number, of: (p: number) => Omit<Variant, 'name'>, prefix = ''): Variant[] {
  return [
    { name: `${prefix}no dropout`, ...of(0) },
    { name: `${prefix}dropout ${p}`, ...of(p) },
  ];
}

const mnistConv: Study = {
  name: 'mnist-conv',
  title: 'MNIST: two convolutions and two hidden layers of 1000 units',
  about:
    'Test accuracy with dropout .5 in front of every linear layer and without. Published for such a network after 40 epochs: 99.238 ± .036 % without, 99.433 ± .072 % with.',
  seeds: 10,
  variants: pair(0.5, (p) => ({
    data: { name: 'mnist' },
    batchSize: 128,
    epochs: 10,
    lr: 0.03,
    make: (shape, classes) => new TwoConvNet(shape, classes, p),
    optimizer: sgd,
  })),
};

/** About as many updates for 1 000 images as make sense, more for more. */
const sizes = [
  { limit: 1000, epochs: 100 },
  { limit: 5000, epochs: 40 },
  { limit: 50_000, epochs: 10 },
];

const mnistSizes: Study = {
  name: 'mnist-sizes',
  title: 'MNIST: an MLP 784-1024-1024-10 on 1 000, 5 000 and 50 000 images',
  about: 'The fewer the images, the more a regulariser has to do: dropout .2/.5/.5 against none.',
  seeds: 5,
  variants: sizes.flatMap(({ limit, epochs }) =>
    pair(
      0.5,
      (p) => ({
        data: { name: 'mnist', limit },
        batchSize: 64,
        epochs,
        lr: 0.05,
        make: (shape, classes) => new MLP(shape, classes, { dropout: p }),
        optimizer: sgd,
      }),
      `${limit} images, `,
    ),
  ),
};

const mlp3 = (dropout: number) => ({
  data: { name: 'mnist' as const },
  batchSize: 128,
  epochs: 100,
  lr: 0.02,
  make: (shape: readonly number[], classes: number) => new MLP(shape, classes, { hidden: [1024, 1024, 1024], dropout }),
});

const mnistMaxNorm: Study = {
  name: 'mnist-max-norm',
  title: 'MNIST without knowledge of pixels: an MLP of 3×1024 ReLU units',
  about:
    'Srivastava et al. 2014, table 2: 1.25 % errors with dropout .2/.5 and 1.06 % with max-norm too, after up to 10⁶ updates.',
  seeds: 1,
  variants: [
    { name: 'no dropout', ...mlp3(0), optimizer: sgd },
    { name: 'dropout .2/.5', ...mlp3(0.5), optimizer: sgd },
    {
      name: 'dropout .2/.5, max-norm 2',
      ...mlp3(0.5),
      optimizer: (model, lr) => new SGD(model.parameters(), { lr, momentum: 0.9, maxNorm: 2 }),
    },
  ],
};

const cifarNet = (dropout: number) => ({
  data: { name: 'cifar10' as const },
  batchSize: 128,
  epochs: 20,
  lr: 0.03,
  make: (shape: readonly number[], classes: number) => new SeedNet(shape, classes, { dropout }),
  optimizer: sgd,
});

const cifar: Study = {
  name: 'cifar10',
  title: 'CIFAR-10: the seed network',
  about: 'The tutorial’s network with its dropout of .25, called twice, and without; no augmentation.',
  seeds: 3,
  variants: pair(0.25, cifarNet),
};

const steps = Math.ceil(50_000 / 128);
const underfitting = { ...cifarNet(0.1), epochs: 6, trainSamples: 10_000 };

const early: Study = {
  name: 'early-dropout',
  title: 'CIFAR-10: dropout for the first epochs only',
  about:
    'Liu et al. 2023 report a lower final training loss where a model underfits. The seed network with dropout .1 for the first of 6 epochs, throughout, and never; the training loss is measured afterwards with dropout off.',
  seeds: 5,
  variants: [
    { name: 'no dropout', ...underfitting, make: cifarNet(0).make },
    { name: 'early: 1 epoch of 6', ...underfitting, dropoutSchedule: { kind: 'early', steps } },
    { name: 'linear over 3 epochs', ...underfitting, dropoutSchedule: { kind: 'linear', steps: 3 * steps } },
    { name: 'throughout', ...underfitting },
  ],
};

export const studies: readonly Study[] = [mnistConv, mnistSizes, mnistMaxNorm, cifar, early, resNet14, resNet18Study];
