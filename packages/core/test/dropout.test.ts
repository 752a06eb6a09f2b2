/** Dropout, line by line: what it returns, how it scales, and its gradient. */
import { F, manualSeed, nn, ones, randn, tensor } from '@lockstep/core';
import { hashUniform } from '@lockstep/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { expectedMask, maskOf, scaleOf } from './dropout-reference.ts';

beforeEach(() => manualSeed(0));
afterEach(() => void vi.restoreAllMocks());

describe('the probability', () => {
  test('is 0.5 when not given, in the layer and in the function', () => {
    expect(new nn.Dropout().p).toBe(0.5);
    expect(new Set(F.dropout(ones([4, 64])).data)).toEqual(new Set([0, 2]));
  });

  test.each([-0.1, 1.2, Number.NaN, Number.POSITIVE_INFINITY])('%s is a RangeError that quotes it', (p) => {
    const message = `Dropout: p is the probability to drop and must be in [0, 1], got ${p}`;
    expect(() => new nn.Dropout(p)).toThrow(new RangeError(message));
    expect(() => F.dropout(ones([2]), { p })).toThrow(new RangeError(message.replace('Dropout', 'dropout')));
  });

  test('of 1 gives zeros without NaN, even for infinite inputs, a zero gradient, and one warning', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const layer = new nn.Dropout(1);
    const x = tensor([1, -2, Number.POSITIVE_INFINITY, Number.NaN], { requiresGrad: true });
    const y = layer.forward(x);
    expect([...y.data]).toEqual([0, 0, 0, 0]);
    y.sum().backward();
    expect([...x.grad!.data]).toEqual([0, 0, 0, 0]);
    layer.forward(x);
    expect(warn.mock.calls).toEqual([['Dropout: p = 1 drops every element; the layer returns zeros while training']]);
  });

  test('of 0, and evaluation, return the very input', () => {
    const x = randn([3, 4]);
    expect(new nn.Dropout(0).forward(x)).toBe(x);
    expect(F.dropout(x, { p: 0 })).toBe(x);
    expect(F.dropout(x, { p: 0.9, training: false })).toBe(x);
    const layer = new nn.Dropout(0.5).eval();
    expect(layer.forward(x)).toBe(x);
    expect(layer.train().forward(x)).not.toBe(x);
  });
});

describe('the values', () => {
  test.each([[[]], [[0]], [[1]], [[5]], [[3, 0, 2]], [[2, 3]], [[2, 3, 4]], [[2, 3, 4, 5]], [[2, 1, 2, 1, 2]]])(
    'of shape %j keep their shape, and are 0 or scaled',
    (shape) => {
      const x = randn(shape, { seed: 1 });
      const y = F.dropout(x, { p: 0.3, seed: 5 });
      expect(y.shape).toEqual(shape);
      expect(y.data.length).toBe(x.size);
      y.data.forEach((value, i) => {
        if (value !== 0) expect(value).toBe(Math.fround(x.data[i]! * scaleOf(0.3)));
      });
    },
  );

  test('a tensor of rank 0 is dropped under one seed and kept under another', () => {
    const results = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => F.dropout(tensor(3), { p: 0.5, seed }).item());
    expect(new Set(results)).toEqual(new Set([0, 6]));
  });

  test.each([0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 0.99])(
    'kept with p = %s are scaled by exactly 65536 / (65536 − threshold), rounded to f32',
    (p) => {
      const y = F.dropout(ones([40, 100]), { p });
      expect(new Set(y.data)).toEqual(new Set([0, scaleOf(p)]));
      expect(Math.abs(scaleOf(p) * (1 - p) - 1)).toBeLessThan(1e-3);
    },
  );

  test('dropped are +0, also for negative and infinite inputs', () => {
    const y = F.dropout(tensor([-1, Number.NEGATIVE_INFINITY, Number.NaN, -0].concat(new Array(60).fill(-2))), {
      p: 0.99,
    });
    const mask = expectedMask({ seed: 0, rows: 64, n: 1, p: 0.99 });
    expect(mask.slice(0, 4)).toEqual([false, false, false, false]);
    y.data.forEach((value, i) => {
      if (!mask[i]) expect(Object.is(value, 0)).toBe(true);
    });
  });

  test('the tutorial: kept values of [0.2, 0.5, 0.8, 1.0] with p = 0.5 are doubled', () => {
    const x = tensor([0.2, 0.5, 0.8, 1]);
    const doubled = [0.2, 0.5, 0.8, 1].map((value) => Math.fround(2 * Math.fround(value)));
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      F.dropout(x, { p: 0.5, seed }).data.forEach((value, i) => {
        expect([0, doubled[i]]).toContain(value);
        seen.add(value);
      });
    }
    expect(seen).toEqual(new Set([0, ...doubled]));
  });

  test('the tutorial: [0.2, −0.3, 1.5, 0.7] with the mask keep, drop, keep, drop is [0.4, 0, 3, 0]', () => {
    const y = F.dropout(tensor([0.2, -0.3, 1.5, 0.7]), { p: 0.5, seed: 7 });
    expect([...y.data]).toEqual([Math.fround(0.4), 0, 3, 0]);
  });

  test('the tutorial: 32 × 256 in training and evaluation', () => {
    const layer = new nn.Dropout(0.5);
    const x = randn([32, 256], { seed: 4 });
    const y = layer.train().forward(x);
    expect(y.shape).toEqual([32, 256]);
    const kept = maskOf(y).filter(Boolean).length;
    expect(Math.abs(kept - 4096)).toBeLessThan(5 * Math.sqrt(8192 * 0.25));
    y.data.forEach((value, i) => {
      expect(value === 0 || value === 2 * x.data[i]!).toBe(true);
    });
    expect(layer.eval().forward(x)).toBe(x);
  });

  test('the expectation is preserved: the mean over 2000 masks is the input', () => {
    const x = hashUniform('expectation', 50);
    const many = tensor(
      new Float32Array(2000 * 50).map((_, i) => x[i % 50]!),
      { shape: [2000, 50] },
    );
    const means = F.dropout(many, { p: 0.25 }).mean(0).data;
    // One masked value has the standard deviation |x| · √(p / (1 − p)).
    means.forEach((mean, i) => {
      expect(Math.abs(mean - x[i]!)).toBeLessThan((5 * Math.abs(x[i]!) * Math.sqrt(1 / 3)) / Math.sqrt(2000) + 1e-6);
    });
  });
});

describe('the gradient', () => {
  test.each([[[6, 7]], [[2, 3, 4, 5]], [[40]]])(
    'of shape %j is the scale where the result is kept, 0 elsewhere',
    (shape) => {
      const x = tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(1), { shape, requiresGrad: true });
      const y = F.dropout(x, { p: 0.4 });
      const upstream = hashUniform('dropout gradient', x.size);
      y.backward(tensor(upstream, { shape }));
      const scale = scaleOf(0.4);
      expect(maskOf(y)).toContain(false);
      expect(maskOf(y)).toContain(true);
      y.data.forEach((value, i) => {
        expect(x.grad!.data[i]).toBe(value === 0 ? 0 : Math.fround(upstream[i]! * scale));
      });
    },
  );
});

test('the tutorial layer works from one line', () => {
  const d = new nn.Dropout(0.5);
  d.train();
  const { data } = d.forward(randn([32, 256]));
  expect(data.length).toBe(8192);
  expect(d.describe()).toBe('Dropout(0.5)');
});
