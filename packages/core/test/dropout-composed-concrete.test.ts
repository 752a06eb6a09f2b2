/** Concrete dropout: gradients, p within its bounds, what the regularisation does, and errors. Values are compared with PyTorch's elsewhere. */
import { F, manualSeed, nn, ones, randn, type Tensor, tensor, zeros } from '@lockstep/core';
import { expectClose, finiteDifference, hashUniform } from '@lockstep/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { concretely } from '../src/nn/dropout/concrete-function.ts';

beforeEach(() => manualSeed(0));

describe('ConcreteDropout', () => {
  test('with u held has the gradients of finite differences at its own temperature', () => {
    const u = tensor(
      hashUniform('u', 24).map((value) => 0.5 + value / 2.01),
      { shape: [4, 6] },
    );
    const x = tensor(hashUniform('concrete x', 24), { shape: [4, 6], requiresGrad: true });
    const logit = tensor([-0.4], { requiresGrad: true });
    const weights = hashUniform('concrete weights', 24);
    const value = () => concretely(x, logit, { u, temperature: 0.1 });
    value().backward(tensor(weights, { shape: [4, 6] }));
    for (const variable of [x, logit]) {
      const start = variable.data.slice() as Float32Array;
      const numeric = finiteDifference(
        (values) => {
          variable.copyFrom(values);
          return value().data.reduce((sum: number, part: number, i: number) => sum + part * weights[i]!, 0);
        },
        start,
        { eps: 2e-3 },
      );
      variable.copyFrom(start);
      expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(0.1);
      expectClose(variable.grad!.data, numeric, { tolerance: 1e-3 });
    }
  });

  test('starts at the p it is given, which is what its logit says', () => {
    for (const p of [0.01, 0.1, 0.5, 0.93]) {
      const layer = new nn.ConcreteDropout(p);
      expect(layer.p).toBeCloseTo(p, 6);
      expect(layer.logit.item()).toBeCloseTo(Math.log(p / (1 - p)), 5);
    }
    const layer = new nn.ConcreteDropout();
    expect(layer.describe()).toBe('ConcreteDropout(0.1)');
    expect(Object.keys(layer.stateDict())).toEqual(['logit']);
    layer.logit.copyFrom([0]);
    expect(layer.p).toBe(0.5);
  });

  test.each([-1e6, -40, 40, 1e6])(
    'with a logit of %s keeps p in (0, 1), and all values and gradients finite',
    (value) => {
      const layer = new nn.ConcreteDropout();
      layer.logit.copyFrom([value]);
      expect(layer.p).toBeGreaterThan(0);
      expect(layer.p).toBeLessThan(1);
      const x = tensor(hashUniform('extreme', 1000), { shape: [10, 100], requiresGrad: true });
      const y = layer.forward(x);
      y.square()
        .sum()
        .add(layer.regularization([ones([3, 4])]))
        .backward();
      for (const { data } of [y, x.grad!, layer.logit.grad!]) expect(data.every(Number.isFinite)).toBe(true);
      if (value < 0) expectClose(y.data, x.data, { tolerance: 1e-5 });
    },
  );

  test('in evaluation returns the very input', () => {
    const x = randn([3, 4]);
    expect(new nn.ConcreteDropout().eval().forward(x)).toBe(x);
    expect(F.concreteDropout(x, zeros([1]), { training: false })).toBe(x);
  });

  test('learns p: towards a half by the entropy alone, and down by the weights', () => {
    const slope = (weights: Tensor[], features?: number) => {
      const layer = new nn.ConcreteDropout(0.2);
      layer
        .regularization(weights, { weightRegularizer: 1, dropoutRegularizer: 1, ...(features ? { features } : {}) })
        .backward();
      return layer.logit.grad!.item();
    };
    expect(slope([], 10)).toBeLessThan(0);
    expect(slope([zeros([2, 10])])).toBeCloseTo(slope([], 10), 6);
    expect(slope([ones([2, 10]).mul(10)])).toBeGreaterThan(0);
    expect(() => new nn.ConcreteDropout().regularization([])).toThrow(
      /needs the weights of the next layer, or `features`/,
    );
  });

  test('refuses what makes no sense', () => {
    for (const p of [0, 1])
      expect(() => new nn.ConcreteDropout(p)).toThrow(
        new RangeError(`ConcreteDropout: p is learned and must start inside of (0, 1), got ${p}`),
      );
    expect(() => new nn.ConcreteDropout(Number.NaN)).toThrow(/must be in \[0, 1\], got NaN/);
    for (const temperature of [0, -1, Number.NaN])
      expect(() => new nn.ConcreteDropout(0.1, { temperature })).toThrow(
        new RangeError(`ConcreteDropout: temperature must be a number > 0, got ${temperature}`),
      );
    expect(() => F.concreteDropout(ones([2]), zeros([2]))).toThrow(/expected a logit of shape \[1\], got \[2\]/);
  });
});
