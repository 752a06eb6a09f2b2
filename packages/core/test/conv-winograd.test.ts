/** Plain 3×3 convolutions by Winograd: the values of the direct kernels, and the same bits for any cut of the batch or of an image. */
import { cat, crossEntropy, F, manualSeed, nn, SGD, type Tensor, tensor } from '@lockstep/core';
import { expectBitsEqual, expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { geometryOf, type Pair } from '../src/ops/conv-geometry.ts';
import { backwardByWinograd, forwardByWinograd } from '../src/ops/conv-winograd.ts';
import { type Model, trainCompiled, trainEager } from './training-run.ts';

/** Uniform in [−scale, scale). */
function random(name: string, shape: readonly number[], scale = 1): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensor(
    hashUniform(name, count).map((value) => value * scale),
    { shape, requiresGrad: true },
  );
}

/** The same convolution in pieces of at most 10 channels either way, which run by the direct kernels. */
function direct(x: Tensor, weight: Tensor, options: { bias: Tensor; padding: Pair }): Tensor {
  const ranges = (count: number) =>
    Array.from({ length: Math.ceil(count / 10) }, (_, i) => ({ start: 10 * i, end: Math.min(count, 10 * i + 10) }));
  const [outputs, inputs] = weight.shape as [number, number];
  const { padding } = options;
  return cat(
    ranges(outputs).map((o) =>
      ranges(inputs)
        .map((c) => F.conv2d(x.slice([null, c]), weight.slice([o, c]), { padding }))
        .reduce((sum, part) => sum.add(part))
        .add(options.bias.slice([o]).reshape([1, o.end - o.start, 1, 1])),
    ),
    1,
  );
}

/** Values and gradients of a convolution. */
function results(convolve: typeof direct, shape: { sizes: readonly number[]; outputs: number; padding: Pair }) {
  const { sizes, outputs, padding } = shape;
  const x = random('winograd/x', sizes);
  // The range that a layer begins with.
  const weight = random('winograd/w', [outputs, sizes[1]!, 3, 3], 1 / Math.sqrt(9 * sizes[1]!));
  const bias = random('winograd/b', [outputs]);
  const y = convolve(x, weight, { bias, padding });
  y.backward(tensor(hashUniform('winograd/dy', y.size), { shape: y.shape }));
  return [y.data, x.grad!.data, weight.grad!.data, bias.grad!.data];
}

describe('values and gradients are those of the direct kernels within 2e-5', () => {
  const paddings = [0, 1, 2].flatMap((top) => [0, 1, 2].map((left): Pair => [top, left]));

  test.each(paddings)('with a padding of %i × %i', (...padding) => {
    for (const sizes of [
      [3, 16, 7, 6],
      [2, 20, 4, 9],
    ]) {
      const shape = { sizes, outputs: 20, padding };
      const expected = results(direct, shape);
      results(F.conv2d, shape).forEach((values, i) => {
        expectClose(values, expected[i]!, { tolerance: 2e-5, scale: 0.1, label: `${sizes}: result ${i}` });
      });
    }
  });

  test('where an image is padded in bands of rows', () => {
    const shape = { sizes: [2, 16, 25, 130], outputs: 17, padding: [1, 2] as const };
    const expected = results(direct, shape);
    expectClose(results(F.conv2d, shape)[0]!, expected[0]!, { tolerance: 2e-5, scale: 0.1, label: 'values' });
  });
});

test.each([
  [7, 5],
  [25, 130],
])('padding %i × %i pixels has the bits of a padded image, in one piece or in bands', (height, width) => {
  const x = random('pad/x', [2, 16, height, width]);
  const padded = new Float32Array(2 * 16 * (height + 4) * (width + 2));
  x.data.forEach((value, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const [image, y] = [Math.floor(row / height), row % height];
    padded[(image * (height + 4) + y + 2) * (width + 2) + column + 1] = value;
  });
  const weight = random('pad/w', [18, 16, 3, 3]);
  const whole = F.conv2d(tensor(padded, { shape: [2, 16, height + 4, width + 2] }), weight);
  expectBitsEqual(F.conv2d(x, weight, { padding: [2, 1] }).data, whole.data, 'padded and given with its border');
});

/** Convolutions with padding 1, 2 and 0, more outputs than a tile of the update, ReLU and no pooling. */
class PlainNet extends nn.Module {
  readonly conv1 = new nn.Conv2d(4, 16, 3, { padding: 1 });
  readonly conv2 = new nn.Conv2d(16, 36, 3, { padding: 2 });
  readonly conv3 = new nn.Conv2d(36, 20, 3);
  readonly fc = new nn.Linear(20, 5);
  override forward(x: Tensor): Tensor {
    const image = this.conv3.forward(this.conv2.forward(this.conv1.forward(x).relu()).relu()).relu();
    return this.fc.forward(image.mean([2, 3]));
  }
}

test('a training program has the same bits for 1 to 10 shards, and those of eager training', () => {
  const model = (): Model => {
    manualSeed(3);
    const module = new PlainNet();
    const optimizer = new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
    return { module, shape: [4, 5, 5], loss: (x, targets) => crossEntropy(module.forward(x), targets), optimizer };
  };
  const eager = trainEager(model());
  expect(eager.every(Number.isFinite)).toBe(true);
  for (const shards of [1, 2, 3, 4, 7, 10])
    expectBitsEqual(trainCompiled(model(), { shards }), eager, `${shards} shards`);
});

test.each([
  ['3×3', { sizes: [3, 32, 6, 7], kernel: [3, 3], outputs: 21 }],
  ['2×1 with a stride', { sizes: [3, 96, 7, 6], kernel: [2, 1], outputs: 17, stride: [2, 1] as const }],
  ['3×2, dilated', { sizes: [3, 96, 7, 6], kernel: [3, 2], outputs: 70, dilation: [2, 1] as const }],
] as const)(
  'a %s gradient to the weight that skips the zeros of dy has the bits of the one that does not',
  (_, shape) => {
    const { sizes, kernel, outputs, ...options } = shape;
    const x = random('sparse/x', sizes);
    const dWeights = [true, false].map((known) => {
      const weight = random('sparse/w', [outputs, sizes[1], ...kernel]);
      const y = F.conv2d(x, weight, options);
      const dy = F.relu(tensor(hashUniform('sparse/dy', y.size), { shape: y.shape }));
      // Values without a history may have any number of zeros.
      y.backward(known ? dy : tensor(dy.data, { shape: y.shape }));
      return weight.grad!.data;
    });
    expectBitsEqual(dWeights[0]!, dWeights[1]!, 'sparse and dense');
  },
);

describe('which convolutions run by Winograd', () => {
  const plain = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1, where: 'test' } as const;
  const ways = (x: number[], weight: number[], attrs: Partial<typeof plain> | object = {}) => {
    const g = geometryOf(x, weight, { ...plain, ...attrs });
    return [forwardByWinograd(g), backwardByWinograd(g)];
  };

  test('plain ones of 3×3 on at least 16 channels in fours, each way by the channels it sums over', () => {
    expect(ways([1, 16, 5, 5], [20, 16, 3, 3])).toEqual([true, true]);
    expect(ways([1, 18, 5, 5], [20, 18, 3, 3])).toEqual([false, true]);
    expect(ways([1, 16, 5, 5], [12, 16, 3, 3])).toEqual([true, false]);
  });

  test.each([
    ['a stride', [20, 16, 3, 3], { stride: [2, 1] }],
    ['a dilation', [20, 16, 3, 3], { dilation: [1, 2] }],
    ['groups', [20, 8, 3, 3], { groups: 2 }],
    ['padding of 3', [20, 16, 3, 3], { padding: [0, 3] }],
    ['another kernel', [20, 16, 3, 1], {}],
  ])('not with %s', (_, weight, attrs) => {
    expect(ways([1, 16, 9, 9], weight, attrs)).toEqual([false, false]);
  });

  test('not where the result has a single row or column', () => {
    expect(ways([1, 16, 3, 6], [16, 16, 3, 3], { padding: [0, 0] })).toEqual([false, true]);
    expect(ways([1, 16, 1, 6], [16, 16, 3, 3])).toEqual([false, false]);
  });
});
