/** Depthwise convolutions: the bits of one convolution per channel, and the same bits for any cut of the batch. */
import { cat, crossEntropy, F, manualSeed, nn, SGD, type Tensor, tensor } from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { type Model, trainCompiled, trainEager } from './training-run.ts';

const samples = 3;

function random(name: string, shape: readonly number[]): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(hashUniform(name, count), { shape, requiresGrad: true });
}

test.each([
  ['3×3, padded', { channels: 21, kernel: [3, 3], padding: 1 }],
  [
    '2×3 with strides, 16 channels',
    { channels: 16, kernel: [2, 3], stride: [2, 1] as const, padding: [1, 2] as const },
  ],
  ['dilated, 3 channels', { channels: 3, kernel: [3, 2], dilation: [2, 1] as const }],
] as const)('%s: values and gradients have the bits of one convolution per channel', (_, shape) => {
  const { channels, kernel, ...options } = shape;
  const results = (convolve: (x: Tensor, weight: Tensor) => Tensor): ArrayLike<number>[] => {
    const x = random('depthwise/x', [samples, channels, 7, 5]);
    const weight = random('depthwise/w', [channels, 1, ...kernel]);
    const y = convolve(x, weight);
    y.backward(tensor(hashUniform('depthwise/dy', y.size), { shape: y.shape }));
    return [y.data, x.grad!.data, weight.grad!.data];
  };
  const bias = random('depthwise/b', [channels]);
  const expected = results((x, weight) => {
    const one = (c: number) => [{ start: c, end: c + 1 }];
    const parts = Array.from({ length: channels }, (_, c) =>
      F.conv2d(x.slice([null, ...one(c)]), weight.slice(one(c)), { ...options, bias: bias.slice(one(c)) }),
    );
    return cat(parts, 1);
  });
  results((x, weight) => F.conv2d(x, weight, { ...options, bias, groups: channels })).forEach((values, i) => {
    expectBitsEqual(Float32Array.from(values), Float32Array.from(expected[i]!), `result ${i}`);
  });
});

class DepthwiseNet extends nn.Module {
  readonly deep = new nn.Conv2d(36, 36, 3, { padding: 1, groups: 36 });
  readonly point = new nn.Conv2d(36, 5, 1);
  override forward(x: Tensor): Tensor {
    return this.point.forward(this.deep.forward(x).relu()).mean([2, 3]);
  }
}

test('a training program has the same bits for 1 to 10 shards, and those of eager training', () => {
  const model = (): Model => {
    manualSeed(3);
    const module = new DepthwiseNet();
    const optimizer = new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
    return { module, shape: [36, 5, 4], loss: (x, targets) => crossEntropy(module.forward(x), targets), optimizer };
  };
  const eager = trainEager(model());
  expect(eager.every(Number.isFinite)).toBe(true);
  for (const shards of [1, 3, 10]) expectBitsEqual(trainCompiled(model(), { shards }), eager, `${shards} shards`);
});
