/** Losses, linear and convolutional layers, pooling, batch normalisation. */
import { F, nn, tensor } from '@lockstep/core';
import { any, fixed, type GradientCase, labelsOf, layer, op, positive, spaced, uncut } from './case.ts';

/** Two layers and dropout between, so that the chain of a Sequential is seen whole. */
const chain = new nn.Sequential(new nn.Linear(4, 5), new nn.Dropout(0.4, { seed: 11 }), new nn.Linear(5, 2));

export const basicCases: readonly GradientCase[] = [
  op('F.crossEntropy', [any(3, 4)], (a) => F.crossEntropy(a, labelsOf(a, 4), { reduction: 'none' })),
  op('F.crossEntropy', [any(3, 4)], (a) => F.crossEntropy(a, labelsOf(a, 4))),
  op('F.mseLoss', [any(2, 3), any(2, 3)], (a, b) => F.mseLoss(a, b, { reduction: 'none' })),
  op('F.mseLoss', [any(2, 3), any(2, 3)], (a, b) => F.mseLoss(a, b)),
  op('F.reduced', [any(2, 3)], (a) => F.reduced(a, 'mean')),
  op('F.relu', [spaced(6)], (a) => F.relu(a)),
  op('F.selu', [any(2, 6)], (a) => F.selu(a)),
  op('F.linear', [any(2, 3), any(4, 3), any(4)], (x, w, b) => F.linear(x, w, { bias: b })),
  fixed(op('F.linear', [any(3), any(4, 3)], (x, w) => F.linear(x, w))),
  op('F.conv2d', [any(2, 2, 4, 3), any(4, 1, 2, 2), any(4)], (x, w, b) =>
    F.conv2d(x, w, { bias: b, groups: 2, stride: [2, 1], padding: 1, dilation: [1, 2] }),
  ),
  fixed(op('F.conv2d', [any(2, 4, 4), any(3, 2, 3, 3)], (x, w) => F.conv2d(x, w))),
  op('F.maxPool2d', [spaced(1, 2, 5, 4)], (x) =>
    F.maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1, ceilMode: true }),
  ),
  op('F.maxPool2d', [spaced(1, 5, 5)], (x) => F.maxPool2d(x, { kernelSize: 2, stride: 1, dilation: 2 })),
  op('F.avgPool2d', [any(1, 2, 5, 4)], (x) => F.avgPool2d(x, { kernelSize: [3, 2], stride: 2, padding: [1, 0] })),
  op('F.avgPool2d', [any(1, 5, 4)], (x) => F.avgPool2d(x, { kernelSize: 2, padding: 1, countIncludePad: false })),
  op('F.klDiv', [any(3, 4), positive(3, 4)], (x, target) => F.klDiv(x, target, { reduction: 'none' })),
  op('F.klDiv', [any(3, 4), any(3, 4)], (x, target) => F.klDiv(x, target, { reduction: 'batchMean', logTarget: true })),
  op('F.rDropLoss', [any(3, 4), any(3, 4)], (a, b) =>
    F.rDropLoss(a, b, labelsOf(a, 4), { alpha: 0.7, reduction: 'none' }),
  ),
  op('F.multiSampleLoss', [any(3, 2, 4)], (outputs) =>
    F.multiSampleLoss(outputs, labelsOf(outputs, 4), (output, target) =>
      F.crossEntropy(output, target, { reduction: 'none' }),
    ),
  ),
  op('F.batchNorm', [any(3, 2), positive(2), any(2)], (x, weight, bias) =>
    F.batchNorm(x, { weight, bias, training: true }),
  ),
  op('F.batchNorm', [any(2, 2, 3)], (x) =>
    F.batchNorm(x, {
      running: { mean: tensor([0.1, 0.2]), variance: tensor([0.5, 2]), batches: tensor(1, { dtype: 'i32' }) },
    }),
  ),
  layer('nn.BatchNorm1d', [any(4, 3)], new nn.BatchNorm1d(3)),
  layer('nn.BatchNorm1d', [any(2, 3, 3)], new nn.BatchNorm1d(3, { affine: false })),
  layer('nn.BatchNorm2d', [any(2, 5, 2, 2)], new nn.BatchNorm2d(5)),
  layer('nn.BatchNorm2d', [any(2, 5, 2, 1)], new nn.BatchNorm2d(5).eval()),
  uncut(layer('nn.Identity', [any(3)], new nn.Identity())),
  layer('nn.ReLU', [spaced(6)], new nn.ReLU()),
  uncut(layer('nn.Flatten', [any(2, 2, 2)], new nn.Flatten())),
  layer('nn.Linear', [any(2, 3)], new nn.Linear(3, 4)),
  layer('nn.Linear', [any(2, 2, 3)], new nn.Linear(3, 18, { bias: false })),
  layer('nn.Conv2d', [any(2, 2, 4, 4)], new nn.Conv2d(2, 3, [3, 2], { padding: [1, 0], stride: [1, 2] })),
  layer('nn.MaxPool2d', [spaced(1, 2, 4, 4)], new nn.MaxPool2d(2)),
  layer('nn.AvgPool2d', [any(1, 2, 4, 4)], new nn.AvgPool2d(2, { stride: 1 })),
  layer('nn.SELU', [any(2, 6)], new nn.SELU()),
  layer('nn.Sequential', [any(2, 4)], chain),
];
