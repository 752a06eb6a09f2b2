/** The members that decide on groups of elements: which elements, in which layout, how they are corrected, and what is refused. */
import { F, inputTensor, manualSeed, nn, ones, randn, type Tensor, tensor, traceWith, zeros } from '@lockstep/core';
import { hashUniform } from '@lockstep/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { rateWords } from '../src/ops/dropout-rate.ts';
import { expectedMask, maskOf } from './dropout-reference.ts';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(0));
afterEach(() => void vi.restoreAllMocks());

describe('one decision holds', () => {
  const seed = 41;
  const p = 0.5;
  /** Decisions of `groups` groups in each of `rows` samples, spread over what belongs to each. */
  const spread = (
    rows: number,
    groups: number,
    at: (sample: number, decision: (group: number) => boolean) => boolean[],
  ) => {
    const kept = expectedMask({ seed, rows, n: groups, p });
    return Array.from({ length: rows }, (_, s) => at(s, (group) => kept[s * groups + group]!)).flat();
  };
  const fill = <T>(length: number, value: (i: number) => T) => Array.from({ length }, (_, i) => value(i));

  test.each<[typeof F.dropout1d, number[]]>([
    [F.dropout1d, [3, 9, 7]],
    [F.dropout2d, [3, 9, 7, 1]],
    [F.dropout2d, [3, 9, 1, 70]],
    [F.dropout3d, [3, 9, 1, 7, 2]],
  ])('for a channel (%o of %j)', (dropout, shape) => {
    const pixels = shape.slice(2).reduce((a, b) => a * b, 1);
    const expected = spread(3, 9, (_, decision) => fill(9 * pixels, (i) => decision(Math.floor(i / pixels))));
    expect(maskOf(dropout(ones(shape), { p, seed }))).toEqual(expected);
  });

  test('for a feature over time', () => {
    const expected = spread(3, 70, (_, decision) => fill(5 * 70, (i) => decision(i % 70)));
    expect(maskOf(F.lockedDropout(ones([3, 5, 70]), { p, seed }))).toEqual(expected);
  });

  test('for a sample', () => {
    const expected = spread(40, 1, (_, decision) => fill(6, () => decision(0)));
    expect(maskOf(F.dropPath(ones([40, 2, 3]), { p, seed }))).toEqual(expected);
  });

  test('for an element of alpha dropout: the mask of dropout', () => {
    const y = F.alphaDropout(zeros([3, 70]), { p, seed, training: true });
    expect(Array.from(y.data, (value) => value > 0)).toEqual(expectedMask({ seed, rows: 3, n: 70, p }));
  });

  test.each([2, 9, 64])('whether images of %i channels lie channels-last or not', (channels) => {
    const shape = [4, channels, 3, 5];
    const x = inputTensor('x', { shape, dtype: 'f32' });
    const identity = tensor(
      Float32Array.from({ length: channels * channels }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0)),
      { shape: [channels, channels, 1, 1] },
    );
    // A convolution leaves its result channels-last.
    const [plain, afterConv] = traceWith(seed, () => [
      F.dropout2d(x, { p }),
      F.dropout2d(F.conv2d(x, identity), { p }),
    ]) as [Tensor, Tensor];
    const program = programOf([x, plain, afterConv], { batch: 4, shards: 2 });
    program.data(x).fill(1);
    program.step(0);
    for (const [site, y] of [plain, afterConv].entries()) {
      const kept = expectedMask({ seed, rows: 4, n: channels, p, site });
      const expected = Array.from({ length: 4 * channels * 15 }, (_, i) => kept[Math.floor(i / 15)]);
      expect(Array.from(program.data(y), (value) => value !== 0)).toEqual(expected);
    }
  });
});

describe('alpha dropout', () => {
  const floats = (words: Uint32Array) => [...new Float32Array(words.buffer)];

  test.each([
    [0.25, 0.86725792385793, 0.38118139606982, -1.14354418822947],
    [0.5, 0.8864048946659319, 0.7791939305180315, -0.7791939305180315],
  ])('with p = %s has the constants of PyTorch', (p, a, kept, dropped) => {
    const words = rateWords('alpha', p);
    expect(words[0]).toBe(p * 65536);
    expect(floats(words).slice(1)).toEqual([a, kept, dropped].map(Math.fround));
  });

  test.each([0.1, 0.5, 0.9])('with p = %s keeps mean 0 and variance 1 of a standard normal input', (p) => {
    const x = randn([1000, 1000], { seed: 8 });
    const { data } = F.alphaDropout(x, { p, training: true });
    let [sum, squares] = [0, 0];
    for (const value of data) {
      sum += value;
      squares += value * value;
    }
    const n = data.length;
    const words = rateWords('alpha', p);
    const [a, kept, dropped] = floats(words).slice(1) as [number, number, number];
    // The fourth moment of N(kept, a²) with probability 1 − p, else of `dropped`.
    const fourth = (1 - p) * (kept ** 4 + 6 * kept ** 2 * a ** 2 + 3 * a ** 4) + p * dropped ** 4;
    expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(squares / n - 1)).toBeLessThan(5 * Math.sqrt((fourth - 1) / n));
  });

  test('needs training: true in its functional form, as in PyTorch; the layer does not', () => {
    const x = randn([4, 4]);
    expect(F.alphaDropout(x)).toBe(x);
    expect(F.featureAlphaDropout(x)).toBe(x);
    expect(new nn.AlphaDropout().forward(x)).not.toBe(x);
  });

  test.each([nn.AlphaDropout, nn.FeatureAlphaDropout])(
    'is the identity for p = 0 and gives zeros for p = 1: %o',
    (layer) => {
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const x = tensor(
        [
          [1, Number.NaN],
          [Number.POSITIVE_INFINITY, -3],
        ],
        { requiresGrad: true },
      );
      expect(new layer(0).forward(x)).toBe(x);
      const y = new layer(1).forward(x);
      expect([...y.data]).toEqual([0, 0, 0, 0]);
      y.sum().backward();
      expect([...x.grad!.data]).toEqual([0, 0, 0, 0]);
    },
  );
});

describe('drop path', () => {
  test('leaves kept samples as they are without scaleByKeep', () => {
    const x = tensor(hashUniform('path', 200), { shape: [100, 2] });
    for (const [scaleByKeep, scale] of [
      [true, 4],
      [false, 1],
    ] as const) {
      const y = new nn.DropPath(0.75, { scaleByKeep, seed: 2 }).forward(x).data;
      const kept = y.filter((value, i) => value === Math.fround(scale * x.data[i]!)).length;
      expect(kept).toBe(200 - y.filter((value) => value === 0).length);
      expect(kept).toBeGreaterThan(20);
    }
  });

  test('rates grow linearly with depth, as timm spaces them', () => {
    expect(nn.dropPathRates(0.2, 5)).toEqual([0, 0.05, 0.1, (0.2 * 3) / 4, 0.2]);
    expect(nn.dropPathRates(0.3, 1)).toEqual([0]);
    expect(() => nn.dropPathRates(1.1, 3)).toThrow(/dropPathRates: p .* must be in \[0, 1\], got 1.1/);
    expect(() => nn.dropPathRates(0.1, 0)).toThrow('dropPathRates: depth must be an integer ≥ 1, got 0');
  });

  test('has the defaults of timm', () => {
    const x = randn([3, 2]);
    expect(new nn.DropPath().forward(x)).toBe(x);
    expect(new nn.DropPath(0.1).describe()).toBe('DropPath(0.1)');
    expect(new nn.DropPath(0.1, { scaleByKeep: false, scope: 'worker' }).describe()).toBe(
      'DropPath(0.1, scope: worker, scaleByKeep: false)',
    );
  });
});

describe('shapes', () => {
  test.each([
    [F.dropout1d, [4], 'dropout1d: expected an input of shape [N, C, L] or [C, L], got [4]'],
    [F.dropout1d, [1, 2, 3, 4], 'dropout1d: expected an input of shape [N, C, L] or [C, L], got [1, 2, 3, 4]'],
    [F.dropout2d, [4, 2], 'dropout2d: expected an input of shape [N, C, H, W] (or [N, C, L]), got [4, 2]'],
    [F.dropout3d, [4, 2, 1], 'dropout3d: expected an input of shape [N, C, D, H, W] or [C, D, H, W], got [4, 2, 1]'],
    [F.featureAlphaDropout, [4], 'featureAlphaDropout: expected an input of shape [N, C, …], got [4]'],
    [F.lockedDropout, [4, 2], 'lockedDropout: expected an input of shape [B, T, F], got [4, 2]'],
    [F.dropPath, [], 'dropPath: expected an input of shape [B, …], got []'],
  ] as const)('%o refuses %j', (dropout, shape, message) => {
    expect(() => dropout(zeros([...shape]))).toThrow(message);
  });

  test.each([
    [F.dropout1d, [0, 2, 3]],
    [F.dropout1d, [3, 0]],
    [F.dropout2d, [2, 3, 0, 4]],
    [F.lockedDropout, [2, 0, 3]],
    [F.lockedDropout, [2, 3, 0]],
    [F.dropPath, [0, 3]],
    [F.gaussianDropout, [0]],
  ] as const)('%o of an empty tensor is one', (dropout, shape) => {
    const y = dropout(zeros([...shape]), { p: 0.5 });
    expect(y.shape).toEqual(shape);
    expect(y.data.length).toBe(0);
  });

  test('dropout2d reads rank 3 as [N, C, L] and says so once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const x = ones([6, 8, 5]);
    const mask = maskOf(F.dropout2d(x, { seed: 3 }));
    manualSeed(0);
    expect(mask).toEqual(maskOf(F.dropout1d(x, { seed: 3 })));
    F.dropout2d(x, { seed: 3 });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]![0]).toContain('read as [N, C, L], as PyTorch does');
  });

  test('aliases are the same classes', () => {
    expect(nn.SpatialDropout1d).toBe(nn.Dropout1d);
    expect(nn.SpatialDropout2d).toBe(nn.Dropout2d);
    expect(nn.SpatialDropout3d).toBe(nn.Dropout3d);
    expect(nn.VariationalDropout).toBe(nn.LockedDropout);
  });

  test.each([-0.1, 1, 1.5, Number.NaN])('GaussianDropout refuses p = %s', (p) => {
    const message = `p gives the standard deviation √(p/(1 − p)) of the noise and must be in [0, 1), got ${p}`;
    expect(() => new nn.GaussianDropout(p)).toThrow(new RangeError(`GaussianDropout: ${message}`));
    expect(() => F.gaussianDropout(zeros([2]), { p })).toThrow(new RangeError(`gaussianDropout: ${message}`));
  });
});
