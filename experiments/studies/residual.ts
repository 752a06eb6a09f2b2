/** Residual networks on CIFAR-10 up to 90 % and more: augmented, one cycle of the rate, stochastic depth. */
import { cutout, randomCrop, randomHorizontalFlip, SGD } from '@lockstep/core';
import { ResNet, resNet18 } from '@lockstep/core/models';
import type { Study, Variant } from '../study.ts';

const recipe = {
  data: { name: 'cifar10' },
  batchSize: 128,
  lr: 0.1,
  oneCycle: true,
  augment: [randomCrop({ padding: 4 }), randomHorizontalFlip(), cutout({ size: 8 })],
  labelSmoothing: 0.1,
  optimizer: (model, lr) => new SGD(model.parameters(), { lr, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
} satisfies Partial<Variant>;

export const resNet14: Study = {
  name: 'cifar-resnet14',
  title: 'CIFAR-10: ResNet-14 of widths 32, 64, 128',
  about: 'The smallest of the residual networks here that is meant to pass 90 %: 0.7 million parameters, 20 epochs.',
  seeds: 1,
  variants: [
    {
      ...recipe,
      name: 'ResNet-14',
      epochs: 20,
      make: (shape, classes) => new ResNet(shape, classes, { blocks: 2, widths: [32, 64, 128] }),
    },
  ],
};

export const resNet18Study: Study = {
  name: 'cifar-resnet18',
  title: 'CIFAR-10: ResNet-18',
  about: '11.2 million parameters, stochastic depth up to .1 in the last block, 15 epochs.',
  seeds: 1,
  variants: [
    {
      ...recipe,
      name: 'ResNet-18',
      epochs: 15,
      make: (shape, classes) => resNet18(shape, classes, { dropPath: 0.1 }),
    },
  ],
};
