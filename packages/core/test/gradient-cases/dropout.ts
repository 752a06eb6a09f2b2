/** The dropout family, with its masks held by a seed. */
import { F, nn } from '@lockstep/core';
import { any, type GradientCase, layer, op, uncut } from './case.ts';

const drops = { p: 0.4, seed: 11 } as const;

export const dropoutCases: readonly GradientCase[] = [
  op('F.dropout', [any(3, 8)], (x) => F.dropout(x, drops)),
  { ...op('F.dropout', [any(2, 3, 2, 2)], (x) => F.dropout(x, { ...drops, scope: 'worker' })), ofShards: true },
  op('F.dropout', [any(2, 3, 2, 2)], (x) => F.dropout(x, drops)),
  op('F.dropout1d', [any(2, 8, 3)], (x) => F.dropout1d(x, drops)),
  uncut(op('F.dropout1d', [any(8, 3)], (x) => F.dropout1d(x, drops))),
  op('F.dropout2d', [any(2, 6, 2, 2)], (x) => F.dropout2d(x, drops)),
  op('F.dropout3d', [any(2, 6, 2, 1, 2)], (x) => F.dropout3d(x, drops)),
  uncut(op('F.dropout3d', [any(8, 2, 1, 2)], (x) => F.dropout3d(x, drops))),
  op('F.alphaDropout', [any(3, 8)], (x) => F.alphaDropout(x, { ...drops, training: true })),
  op('F.featureAlphaDropout', [any(2, 6, 2, 2)], (x) => F.featureAlphaDropout(x, { ...drops, training: true })),
  op('F.gaussianDropout', [any(3, 8)], (x) => F.gaussianDropout(x, drops)),
  op('F.lockedDropout', [any(2, 3, 6)], (x) => F.lockedDropout(x, drops)),
  op('F.dropPath', [any(8, 2)], (x) => F.dropPath(x, drops)),
  op('F.dropConnect', [any(3, 8)], (weight) => F.dropConnect(weight, drops)),
  op('F.dropConnect', [any(2, 2, 4, 4), any(3, 2, 2, 2)], (x, weight) => F.conv2d(x, F.dropConnect(weight, drops))),
  op('F.dropBlock2d', [any(2, 3, 5, 4)], (x) => F.dropBlock2d(x, { ...drops, blockSize: 3 })),
  op('F.dropBlock2d', [any(2, 4, 4)], (x) => F.dropBlock2d(x, { ...drops, blockSize: 2 })),
  op('F.concreteDropout', [any(3, 4), any(1)], (x, logit) => F.concreteDropout(x, logit, { seed: 11, temperature: 1 })),
  layer('nn.Dropout', [any(2, 8)], new nn.Dropout(0.5, { seed: 3 })),
  layer('nn.Dropout1d', [any(2, 6, 3)], new nn.Dropout1d(0.4, { seed: 3 })),
  layer('nn.Dropout2d', [any(2, 6, 2, 2)], new nn.Dropout2d(0.4, { seed: 3 })),
  layer('nn.Dropout3d', [any(2, 6, 1, 2, 2)], new nn.Dropout3d(0.4, { seed: 3 })),
  layer('nn.AlphaDropout', [any(3, 6)], new nn.AlphaDropout(0.4, { seed: 3 })),
  layer('nn.FeatureAlphaDropout', [any(2, 6, 3)], new nn.FeatureAlphaDropout(0.4, { seed: 3 })),
  layer('nn.GaussianDropout', [any(3, 6)], new nn.GaussianDropout(0.4, { seed: 3 })),
  layer('nn.LockedDropout', [any(2, 3, 6)], new nn.LockedDropout(0.4, { seed: 3 })),
  layer('nn.DropPath', [any(8, 3)], new nn.DropPath(0.4, { seed: 3 })),
  layer('nn.DropConnectLinear', [any(2, 3)], new nn.DropConnectLinear(3, 6, { p: 0.4, seed: 3 })),
  layer('nn.DropBlock2d', [any(2, 2, 4, 4)], new nn.DropBlock2d(0.4, { blockSize: 3, seed: 3 })),
  layer('nn.ConcreteDropout', [any(2, 5)], new nn.ConcreteDropout(0.3, { temperature: 1, seed: 3 })),
  layer('nn.MultiSampleDropout', [any(2, 6)], new nn.MultiSampleDropout(new nn.Linear(6, 3), { seed: 3 })),
];
