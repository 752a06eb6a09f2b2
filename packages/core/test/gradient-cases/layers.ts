/** Layers and functions of shapes, normalisation, convolution, pooling and tables. */
import { F, nn } from '@lockstep/core';
import { Contained, containerNames } from '../contained.ts';
import { any, fixed, type GradientCase, index, layer, op, positive, spaced, uncut } from './case.ts';

const normalisation: readonly GradientCase[] = [
  op('F.layerNorm', [any(2, 3, 5), any(5)], (x, bias) => F.layerNorm(x, 5, { bias })),
  op('F.layerNorm', [any(3, 2, 9), any(2, 9), any(2, 9)], (x, weight, bias) =>
    F.layerNorm(x, [2, 9], { weight, bias }),
  ),
  op('F.rmsNorm', [any(3, 7), any(7)], (x, weight) => F.rmsNorm(x, 7, { weight })),
  op('F.groupNorm', [any(2, 6, 3), any(6), any(6)], (x, weight, bias) => F.groupNorm(x, 3, { weight, bias })),
  op('F.instanceNorm', [any(2, 3, 4), any(3), any(3)], (x, weight, bias) => F.instanceNorm(x, { weight, bias })),
  layer('nn.LayerNorm', [any(4, 10)], new nn.LayerNorm(10)),
  layer('nn.RMSNorm', [any(4, 10)], new nn.RMSNorm(10, { eps: 1e-2 })),
  layer('nn.GroupNorm', [any(2, 10, 2, 2)], new nn.GroupNorm(2, 10)),
  layer('nn.InstanceNorm1d', [any(2, 3, 4)], new nn.InstanceNorm1d(3, { affine: true })),
  layer('nn.InstanceNorm2d', [any(2, 5, 2, 3)], new nn.InstanceNorm2d(5)),
  layer('nn.InstanceNorm2d', [any(2, 2, 2, 3)], new nn.InstanceNorm2d(2, { trackRunningStats: true }).eval()),
];

const convolution: readonly GradientCase[] = [
  op('F.conv1d', [any(2, 4, 6), any(6, 2, 3), any(6)], (x, w, bias) =>
    F.conv1d(x, w, { bias, groups: 2, stride: 2, padding: 1 }),
  ),
  fixed(op('F.conv1d', [any(3, 5), any(2, 3, 2)], (x, w) => F.conv1d(x, w, { padding: 'same' }))),
  op('F.conv2d', [any(1, 2, 4, 3), any(2, 2, 2, 4)], (x, w) => F.conv2d(x, w, { padding: 'same', dilation: [2, 1] })),
  op('F.convTranspose1d', [any(2, 3, 4), any(3, 2, 3), any(2)], (x, w, bias) =>
    F.convTranspose1d(x, w, { bias, stride: 2, padding: 1, outputPadding: 1 }),
  ),
  op('F.convTranspose2d', [any(1, 4, 3, 2), any(4, 1, 2, 3), any(2)], (x, w, bias) =>
    F.convTranspose2d(x, w, { bias, groups: 2, stride: [2, 1], outputPadding: [1, 2], dilation: [1, 3], padding: 1 }),
  ),
  layer('nn.Conv1d', [any(2, 3, 5)], new nn.Conv1d(3, 4, 3, { padding: 1, paddingMode: 'reflect' })),
  layer('nn.Conv2d', [any(1, 2, 4, 4)], new nn.Conv2d(2, 3, 3, { padding: 'same', paddingMode: 'circular' })),
  layer('nn.ConvTranspose1d', [any(2, 3, 4)], new nn.ConvTranspose1d(3, 2, 3, { stride: 2 })),
  layer('nn.ConvTranspose2d', [any(2, 2, 3, 2)], new nn.ConvTranspose2d(2, 18, 3, { padding: 1 })),
];

const pooling: readonly GradientCase[] = [
  op('F.maxPool1d', [spaced(1, 2, 7)], (x) => F.maxPool1d(x, { kernelSize: 3, stride: 2, padding: 1, ceilMode: true })),
  op('F.avgPool1d', [any(2, 2, 6)], (x) => F.avgPool1d(x, { kernelSize: 2, padding: 1, countIncludePad: false })),
  op('F.avgPool2d', [any(1, 2, 4, 4)], (x) => F.avgPool2d(x, { kernelSize: 2, stride: 1, divisorOverride: 3 })),
  op('F.adaptiveAvgPool1d', [any(2, 2, 5)], (x) => F.adaptiveAvgPool1d(x, 3)),
  op('F.adaptiveAvgPool2d', [any(1, 2, 5, 3)], (x) => F.adaptiveAvgPool2d(x, [2, null])),
  op('F.adaptiveMaxPool2d', [spaced(1, 2, 5, 3)], (x) => F.adaptiveMaxPool2d(x, 2)),
  op('F.lpPool2d', [positive(1, 2, 4, 4)], (x) => F.lpPool2d(x, { normType: 2, kernelSize: 2, stride: 1 })),
  layer('nn.MaxPool1d', [spaced(2, 3, 6)], new nn.MaxPool1d(2)),
  layer('nn.AvgPool1d', [any(2, 3, 6)], new nn.AvgPool1d(3, { stride: 1 })),
  layer('nn.AdaptiveAvgPool1d', [any(2, 3, 6)], new nn.AdaptiveAvgPool1d(4)),
  layer('nn.AdaptiveAvgPool2d', [any(2, 3, 3, 4)], new nn.AdaptiveAvgPool2d(1)),
  layer('nn.AdaptiveMaxPool2d', [spaced(1, 2, 3, 4)], new nn.AdaptiveMaxPool2d([2, 3])),
  layer('nn.LPPool2d', [any(1, 2, 4, 4)], new nn.LPPool2d(1, 2)),
];

const padding: readonly GradientCase[] = [
  op('F.pad', [any(2, 3)], (x) => F.pad(x, [1, 2], { value: 0.5 })),
  op('F.pad', [any(2, 2, 3, 2)], (x) => F.pad(x, [1, -1, 0, 1, 2, 0, -1, 1])),
  op('F.pad', [any(2, 4, 3)], (x) => F.pad(x, [1, 2, 2, 1], { mode: 'reflect' })),
  layer('nn.ZeroPad2d', [any(1, 2, 2, 3)], new nn.ZeroPad2d(1)),
  layer('nn.ConstantPad1d', [any(2, 2, 3)], new nn.ConstantPad1d([2, -1], 1)),
  layer('nn.ConstantPad2d', [any(2, 2, 3)], new nn.ConstantPad2d([2, 0, -1, 1], 1)),
  layer('nn.ReflectionPad1d', [any(2, 2, 4)], new nn.ReflectionPad1d(3)),
  layer('nn.ReflectionPad2d', [any(1, 2, 4, 3)], new nn.ReflectionPad2d(2)),
  layer('nn.ReplicationPad1d', [any(2, 4)], new nn.ReplicationPad1d([1, 3])),
  layer('nn.ReplicationPad2d', [any(1, 2, 2, 3)], new nn.ReplicationPad2d(2)),
  layer('nn.CircularPad2d', [any(1, 2, 2, 3)], new nn.CircularPad2d([1, 2, 2, 0])),
];

const tables: readonly GradientCase[] = [
  op('F.embedding', [index(4, 2, 3), any(4, 3)], (indices, weight) => F.embedding(indices, weight)),
  op('F.embeddingBag', [index(4, 2, 3), any(4, 3), any(2, 3)], (indices, weight, perSampleWeights) =>
    F.embeddingBag(indices, weight, { mode: 'sum', perSampleWeights }),
  ),
  op('F.embeddingBag', [index(3, 4, 3), any(3, 2)], (indices, weight) =>
    F.embeddingBag(indices, weight, { paddingIdx: 0 }),
  ),
  op('F.embeddingBag', [index(3, 4, 3), spaced(3, 2)], (indices, weight) =>
    F.embeddingBag(indices, weight, { mode: 'max', paddingIdx: -1 }),
  ),
  layer('nn.Embedding', [index(4, 2, 3)], new nn.Embedding(4, 3)),
  layer('nn.EmbeddingBag', [index(4, 2, 3)], new nn.EmbeddingBag(4, 5)),
];

const resampling: readonly GradientCase[] = [
  op('F.interpolate', [any(1, 2, 3, 2)], (x) => F.interpolate(x, { scaleFactor: 2, mode: 'bicubic' })),
  op('F.interpolate', [any(1, 2, 5)], (x) => F.interpolate(x, { size: 3, mode: 'area' })),
  op('F.pixelShuffle', [any(1, 4, 2, 3)], (x) => F.pixelShuffle(x.square(), 2)),
  op('F.pixelUnshuffle', [any(2, 4, 2)], (x) => F.pixelUnshuffle(x.square(), 2)),
  op('F.channelShuffle', [any(2, 4, 3)], (x) => F.channelShuffle(x.square(), 2)),
  op('F.bilinear', [any(2, 3), any(2, 2), any(4, 3, 2), any(4)], (a, b, w, bias) => F.bilinear(a, b, w, { bias })),
  op('F.cosineSimilarity', [any(2, 5), any(2, 5)], (a, b) => F.cosineSimilarity(a, b)),
  layer('nn.Upsample', [any(1, 2, 3, 2)], new nn.Upsample({ size: [4, 5], mode: 'bilinear', alignCorners: true })),
  layer('nn.PixelShuffle', [any(1, 4, 2, 2)], new nn.PixelShuffle(2)),
  layer('nn.PixelUnshuffle', [any(1, 1, 4, 2)], new nn.PixelUnshuffle(2)),
  layer('nn.ChannelShuffle', [any(1, 6, 2)], new nn.ChannelShuffle(3)),
  layer('nn.Bilinear', [any(3, 2), any(3, 3)], new nn.Bilinear(2, 3, 2)),
  layer('nn.CosineSimilarity', [any(3, 4), any(3, 4)], new nn.CosineSimilarity()),
  uncut(layer('nn.Unflatten', [any(2, 6)], new nn.Unflatten(1, [3, -1]))),
];

const containers: readonly GradientCase[] = containerNames.map((name) => layer(name, [any(2, 3)], new Contained()));

export const layerCases: readonly GradientCase[] = [
  ...normalisation,
  ...convolution,
  ...pooling,
  ...padding,
  ...tables,
  ...resampling,
  ...containers,
];
