import { Adam } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import type { Recipe } from './recipe.ts';
import { corners } from './synthetic.ts';

/** 100 points in batches of 24 and 4; widths that no vector divides. */
export const mlpAdam: Recipe = {
  title: 'a multilayer perceptron, dropout 0.5 and 0.2, Adam with weight decay',
  make() {
    const data = corners({ count: 100, classes: 4, features: 50 });
    const model = new MLP([50], 4, { hidden: [101, 67] });
    const optimizer = new Adam(model.parameters(), { lr: 0.003, weightDecay: 1e-4 });
    return { model, optimizer, data, epochs: 4, batchSize: 24 };
  },
};
