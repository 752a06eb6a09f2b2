import { SGD } from '@lockstep/core';
import { ResNet } from '@lockstep/core/models';
import type { Recipe } from './recipe.ts';
import { stripes } from './synthetic.ts';

/** 44 images in batches of 16 and 12: statistics over the batch, strides, shortcuts by 1×1 convolutions. */
export const resNet: Recipe = {
  title: 'a residual network with batch normalisation, SGD with Nesterov momentum and weight decay',
  make() {
    const shape = [3, 12, 12] as const;
    const data = stripes({ count: 44, classes: 4, shape });
    const model = new ResNet(shape, 4, { widths: [6, 9] });
    const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 5e-4 });
    return { model, optimizer, data, epochs: 3, batchSize: 16 };
  },
};
