/** Bad input to the layers: errors that say where, what was expected and what came; and values at the edges. */
import { F, inputTensor, nn, ShapeError, tensor, traceWith, zeros } from '@lockstep/core';
import { describe, expect, test } from 'vitest';
import { programOf } from './program.ts';

const i32 = (values: number[], shape = [values.length]) => tensor(values, { shape, dtype: 'i32' });

const rangeErrors: readonly (readonly [() => unknown, string])[] = [
  [() => new nn.LayerNorm([]), 'LayerNorm: normalizedShape must have at least one axis'],
  [() => new nn.LayerNorm([3, 0]), 'LayerNorm: normalizedShape must be an integer ≥ 1, got 0'],
  [() => new nn.RMSNorm(3, { eps: -1 }), 'RMSNorm: eps must be null or a number ≥ 0, got -1'],
  [() => new nn.GroupNorm(4, 6), 'GroupNorm: numGroups 4 must divide numChannels 6'],
  [() => new nn.InstanceNorm1d(3, { momentum: 2 }), 'InstanceNorm1d: momentum must be in [0, 1], got 2'],
  [() => new nn.Conv1d(2, 3, 3, { padding: 'same', stride: 2 }), "Conv1d: padding 'same' needs a stride of 1, got 2"],
  [() => new nn.Conv2d(2, 3, 3, { padding: 'some' as 'same' }), "padding must be a number, 'same' or 'valid'"],
  [() => new nn.Conv1d(2, 3, [1, 2] as never), 'Conv1d: kernelSize must be an integer ≥ 1, got [1,2]'],
  [() => new nn.Conv1d(2, 3, 3, { paddingMode: 'mirror' as 'reflect' }), 'paddingMode is one of zeros, reflect'],
  [() => new nn.ConvTranspose1d(3, 4, 2, { groups: 3 }), 'groups 3 must divide inChannels 3 and outChannels 4'],
  [
    () => new nn.ConvTranspose2d(1, 1, 2, { outputPadding: 1 }).forward(zeros([1, 2, 2])),
    'outputPadding must be less than the stride or the dilation, got 1 for stride 1 and dilation 1',
  ],
  [() => F.avgPool2d(zeros([1, 4, 4]), { kernelSize: 2, divisorOverride: 0 }), 'divisorOverride must be null or an'],
  [() => F.maxPool1d(zeros([1, 4]), { kernelSize: 2, padding: 2 }), 'padding must be at most half the kernel size'],
  [() => F.adaptiveAvgPool2d(zeros([1, 4, 4]), 0), 'adaptiveAvgPool2d: outputSize must be an integer ≥ 1'],
  [() => new nn.LPPool2d(3 as 1, 2), 'LPPool2d: normType must be 1 or 2, got 3'],
  [() => new nn.ZeroPad2d([1, 2] as never), 'ZeroPad2d: padding must be an integer or 4 of them, got [1,2]'],
  [() => F.pad(zeros([2]), [1]), 'pad: expected two integers for each axis, got [1]'],
  [() => F.pad(zeros([2]), [1, 1], { mode: 'mirror' as 'reflect' }), 'mode is one of constant, reflect'],
  [() => new nn.Embedding(3, 2, { paddingIdx: 3 }), 'Embedding: paddingIdx must be in [-3, 3), got 3'],
  [() => new nn.Embedding(3, 2).forward(i32([0, 3])), 'Embedding(3, 2): index 3 at position 1 is not in [0, 3)'],
  [() => new nn.EmbeddingBag(3, 2, { paddingIdx: 3 }), 'EmbeddingBag: paddingIdx must be in [-3, 3), got 3'],
  [() => new nn.EmbeddingBag(3, 2, { mode: 'min' as 'max' }), "mode is 'sum', 'mean' or 'max', got min"],
  [() => F.interpolate(zeros([1, 1, 2]), {}), 'interpolate: give either size or scaleFactor'],
  [() => F.interpolate(zeros([1, 1, 2]), { size: 2, alignCorners: true }), 'alignCorners is for the modes linear'],
  [() => F.interpolate(zeros([1, 1, 2]), { scaleFactor: 0.4 }), 'scaleFactor 0.4 gives no size of at least 1'],
  [() => F.pixelShuffle(zeros([4, 1, 1]), 0), 'pixelShuffle: upscaleFactor must be an integer ≥ 1, got 0'],
  [() => new nn.Bilinear(1, 0, 2), 'Bilinear: in2Features must be an integer ≥ 1, got 0'],
];

const shapeErrors: readonly (readonly [() => unknown, string])[] = [
  [() => new nn.LayerNorm([2, 3]).forward(zeros([3, 2])), 'whose last axes are [2, 3], got [3, 2]'],
  [() => F.layerNorm(zeros([2, 3]), 3, { bias: zeros([2]) }), 'layerNorm: expected a bias of shape [3], got [2]'],
  [() => new nn.GroupNorm(2, 4).forward(zeros([1, 6])), 'expected an input of shape [B, 4, …], got [1, 6]'],
  [() => F.groupNorm(zeros([1, 4]), 4), 'Expected more than 1 value per channel when training'],
  [() => new nn.InstanceNorm2d(3).forward(zeros([2, 3, 4])), '[B, 3, H, W] or [3, H, W], got [2, 3, 4]'],
  [() => F.instanceNorm(zeros([2, 3, 1])), 'Expected more than 1 spatial element when training'],
  [() => F.instanceNorm(zeros([2, 3, 2]), { useInputStats: false }), 'without running statistics'],
  [() => new nn.Conv1d(3, 4, 2).forward(zeros([2, 4, 5])), '[B, 3, L] or [3, L], got [2, 4, 5]'],
  [() => new nn.Conv1d(3, 4, 6).forward(zeros([3, 5])), 'a kernel of 1×6'],
  [() => new nn.ConvTranspose2d(3, 4, 2).forward(zeros([4, 5, 5])), '[B, 3, H, W] or [3, H, W], got [1, 4, 5, 5]'],
  [() => new nn.ConvTranspose2d(1, 1, 1, { padding: 1 }).forward(zeros([1, 2, 2])), 'leaves no pixels'],
  [() => F.convTranspose1d(zeros([2, 3]), zeros([2, 1, 1]), { bias: zeros([2]) }), 'a bias of shape [1], got [2]'],
  [() => new nn.AdaptiveAvgPool2d(2).forward(zeros([2, 3])), 'expected an input of shape [B, C, H, W]'],
  [
    () => new nn.ReflectionPad1d(3).forward(zeros([1, 3])),
    'padding of 3 and 3 in reflect mode does not fit an axis of 3',
  ],
  [() => new nn.CircularPad2d(3).forward(zeros([1, 3, 2])), 'in circular mode does not fit an axis of 2'],
  [() => F.pad(zeros([2, 2]), [-2, -1]), 'padding of -2 and -1 in constant mode does not fit an axis of 2'],
  [() => F.pad(zeros([2, 2]), [1, 1, 1, 1], { mode: 'reflect' }), '4 numbers in reflect mode do not fit'],
  [() => new nn.Embedding(3, 2).forward(zeros([2])), 'expected indices i32 and a weight of shape [V, D], got f32 [2]'],
  [() => new nn.EmbeddingBag(3, 2).forward(i32([1])), 'expected bags of shape [B, N], not empty, got [1]'],
  [() => new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }).forward(zeros([1, 1, 2])), '[B, C, H, W], not empty'],
  [() => new nn.PixelShuffle(2).forward(zeros([6, 1, 1])), 'shape [… , C·4, H, W], got [6, 1, 1]'],
  [() => new nn.ChannelShuffle(2).forward(zeros([1, 3, 2])), 'shape [B, C·2, …], got [1, 3, 2]'],
  [() => new nn.Bilinear(2, 3, 1).forward(zeros([4, 2]), zeros([5, 3])), 'got [4, 2], [5, 3], [1, 2, 3], [1]'],
  [() => new nn.Unflatten(1, [2, 2]).forward(zeros([1, 6])), '6 elements do not fit the shape [2, 2]'],
];

test.each(rangeErrors)('options out of range: %#', (run, text) => {
  expect(run).toThrow(RangeError);
  expect(run).toThrow(text);
});

test.each(shapeErrors)('shapes that do not fit: %#', (run, text) => {
  expect(run).toThrow(ShapeError);
  expect(run).toThrow(text);
});

describe('edges', () => {
  test('an index out of range in a program gives NaN, and reads nothing', () => {
    const layer = new nn.Embedding(3, 2);
    const x = inputTensor('x', { shape: [4], dtype: 'i32' });
    const program = programOf([x, traceWith(0, () => layer.forward(x))], { batch: 4, shards: 2 });
    program.data(x).set([2, 3, -1, 0]);
    program.step(0);
    const y = traceWith(0, () => layer.forward(x));
    const again = programOf([x, y], { batch: 4, shards: 2 });
    again.data(x).set([2, 3, -1, 0]);
    again.step(0);
    const row = (i: number) => [...layer.weight.data.subarray(2 * i, 2 * i + 2)];
    expect([...again.data(y)]).toEqual([...row(2), Number.NaN, Number.NaN, Number.NaN, Number.NaN, ...row(0)]);
  });

  test('the row of the padding index is zero at first and gets no gradient', () => {
    const layer = new nn.Embedding(3, 2, { paddingIdx: -1 });
    expect([...layer.weight.data.subarray(4)]).toEqual([0, 0]);
    layer
      .forward(i32([2, 0, 2, 0]))
      .sum()
      .backward();
    expect([...layer.weight.grad!.data]).toEqual([2, 2, 0, 0, 0, 0]);
  });

  test('a row of equal values is normalised to the bias, however large they are', () => {
    const bias = tensor([0.25, -1, 3]);
    expect([...F.layerNorm(tensor([1e6, 1e6, 1e6]), 3, { bias }).data]).toEqual([0.25, -1, 3]);
    expect([...F.groupNorm(tensor([[[1e6, 1e6], [1e6, 1e6]]]), 1).data]).toEqual([0, 0, 0, 0]); // biome-ignore format: rows
  });

  test('padding moves values without touching them, −0 and NaN too', () => {
    const y = F.pad(tensor([[-0, Number.NaN]]), [2, 1], { value: Number.POSITIVE_INFINITY }).data;
    expect([...y]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -0, Number.NaN, Number.POSITIVE_INFINITY]); // biome-ignore format: one row
  });

  test('vectors of zeros are at right angles to all others, with finite gradients', () => {
    const x = zeros([1, 3], { requiresGrad: true });
    const y = F.cosineSimilarity(x, tensor([[1, 2, 3]]), { eps: 0.5 });
    y.backward(tensor([1]));
    expect([y.item(), ...x.grad!.data].every(Number.isFinite)).toBe(true);
    expect(y.item()).toBe(0);
  });

  test('an adaptive maximum is taken where the input was computed before, too', () => {
    const x = tensor([1, 5, 2, 4], { shape: [1, 2, 2], requiresGrad: true });
    const y = F.adaptiveMaxPool2d(x, 1);
    expect([...y.data]).toEqual([5]);
    y.sum().backward();
    expect([...x.grad!.data]).toEqual([0, 1, 0, 0]);
  });
});
