import { Muon, nn, WeightAverage } from '@lockstep/core';
import type { Recipe } from './recipe.ts';
import { stripes } from './synthetic.ts';

/**
 * 40 images in batches of 16 and 8 through what the other recipes leave out: activations that need exponentials, erf and logarithms, group and
 * layer normalisation, Gaussian noise, Muon, a one-cycle rate, clipping by norm, an average of the weights.
 */
export const mixedNet: Recipe = {
  title:
    'GELU, Mish and tanh, group and layer normalisation, Gaussian and block dropout, Muon, one-cycle rate, clipping, averaged weights',
  make() {
    const data = stripes({ count: 40, classes: 4, shape: [2, 12, 12] });
    const model = new nn.Sequential(
      new nn.Conv2d(2, 8, 3, { padding: 1 }),
      new nn.GroupNorm(2, 8),
      new nn.GELU(),
      new nn.DropBlock2d(0.1, { blockSize: 3 }),
      new nn.MaxPool2d(2),
      new nn.Conv2d(8, 12, 3),
      new nn.Mish(),
      new nn.Flatten(),
      new nn.GaussianDropout(0.2),
      new nn.Linear(192, 30),
      new nn.LayerNorm(30),
      new nn.Tanh(),
      new nn.Dropout(0.3),
      new nn.Linear(30, 4),
    );
    const parameters = model.parameters();
    const optimizer = new Muon([
      { params: parameters.filter(({ rank }) => rank === 2), lr: 0.02 },
      { params: parameters.filter(({ rank }) => rank !== 2), useMuon: false, lr: 0.003 },
    ]);
    return {
      model,
      optimizer,
      data,
      epochs: 3,
      batchSize: 16,
      lrSchedule: { kind: 'oneCycle', totalSteps: 9 },
      clipGradNorm: 1,
      average: new WeightAverage(parameters, { kind: 'ema', decay: 0.9 }),
    };
  },
};
