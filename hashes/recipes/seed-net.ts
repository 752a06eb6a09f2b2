import { SGD } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import type { Recipe } from './recipe.ts';
import { stripes } from './synthetic.ts';

/** 76 images in batches of 32, 32 and 12: convolutions with pooling, sparse products, dropout called twice, SGD with momentum. */
export const seedNet: Recipe = {
  title: 'the seed network, dropout 0.25, remainder batches, SGD with momentum',
  make() {
    const shape = [1, 22, 22] as const;
    const data = stripes({ count: 76, classes: 5, shape });
    const model = new SeedNet(shape, 5);
    const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
    return { model, optimizer, data, epochs: 3, batchSize: 32 };
  },
};
