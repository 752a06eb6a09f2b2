/** DropConnect, DropBlock and multi-sample dropout: what each is by its formula, its edges and its errors. */
import {
  defaultArena,
  F,
  manualSeed,
  nn,
  ones,
  RateTable,
  randn,
  type Tensor,
  tensor,
  traceWith,
} from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { withoutBlocks } from '../src/nn/dropout/drop-block-function.ts';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(0));
afterEach(() => void vi.restoreAllMocks());

const zerosOf = (y: Tensor) => y.data.filter((value) => value === 0).length;

describe('DropConnect', () => {
  test('masks the weights once for all samples, scaled by 1/(1 − p), and the bias never', () => {
    const layer = new nn.DropConnectLinear(30, 20, { p: 0.25, seed: 4 });
    const masked = F.dropConnect(layer.weight, { p: 0.25, seed: 4 });
    const dropped = zerosOf(masked);
    expect(dropped).toBeGreaterThan(100);
    expect(dropped).toBeLessThan(200);
    masked.data.forEach((value, i) => {
      if (value !== 0) expect(value).toBe(Math.fround(layer.weight.data[i]! * Math.fround(4 / 3)));
    });
    manualSeed(0);
    const y = layer.forward(ones([3, 30]));
    expect([...y.data]).toEqual([...F.linear(ones([3, 30]), masked, { bias: layer.bias }).data]);
    expect([...y.at(0).data]).toEqual([...y.at(2).data]);
  });

  test('in evaluation, and for p = 0, is the linear layer', () => {
    for (const layer of [new nn.DropConnectLinear(5, 4, { p: 0 }), new nn.DropConnectLinear(5, 4).eval()]) {
      const x = randn([2, 5]);
      expect([...layer.forward(x).data]).toEqual([...F.linear(x, layer.weight, { bias: layer.bias }).data]);
      expect(F.dropConnect(layer.weight, { p: layer.p, training: layer.training })).toBe(layer.weight);
    }
  });

  test('with p = 1 leaves the bias, and says so once', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const layer = new nn.DropConnectLinear(5, 4, { p: 1 });
    expect([...layer.forward(randn([1, 5])).data]).toEqual([...layer.bias!.data]);
    expect(warn.mock.calls).toEqual([
      ['DropConnectLinear: p = 1 drops every weight; the layer returns its bias alone while training'],
    ]);
  });

  test('starts as nn.Linear does, says what it is, and refuses what makes no sense', () => {
    manualSeed(3);
    const layer = new nn.DropConnectLinear(6, 5, { bias: false });
    manualSeed(3);
    expect([...layer.weight.data]).toEqual([...new nn.Linear(6, 5, { bias: false }).weight.data]);
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
    expect(layer.describe()).toBe('DropConnectLinear(6, 5, p: 0.5, bias: false)');
    expect(() => new nn.DropConnectLinear(6, 5, { p: 1.5 })).toThrow(
      'DropConnectLinear: p is the probability to drop and must be in [0, 1], got 1.5',
    );
    expect(() => new nn.DropConnectLinear(0, 5)).toThrow('DropConnectLinear: inFeatures must be an integer ≥ 1, got 0');
    expect(() => layer.forward(randn([2, 5]))).toThrow(/expected an input of shape \[…, 6\], got \[2, 5\]/);
  });
});

describe('DropBlock2d', () => {
  /** The formula, pixel by pixel: a pixel is dropped if a block that starts at most k − 1 above and to the left of it covers it. */
  function expected(x: Tensor, seeds: Tensor, k: number, eps: number): number[] {
    const [b, c, h, w] = x.shape as [number, number, number, number];
    const [rows, columns] = [h - k + 1, w - k + 1];
    const kept = Array.from({ length: x.size }, (_, at) => {
      const [image, i, j] = [Math.floor(at / (h * w)), Math.floor(at / w) % h, at % w];
      for (let y = Math.max(0, i - k + 1); y <= Math.min(i, rows - 1); y++)
        for (let z = Math.max(0, j - k + 1); z <= Math.min(j, columns - 1); z++)
          if (seeds.data[(image * rows + y) * columns + z] === 1) return 0;
      return 1;
    });
    const scale = (b * c * h * w) / (eps + kept.reduce((sum: number, value) => sum + value, 0));
    return kept.map((value, at) => x.data[at]! * value * scale);
  }

  test.each([
    { shape: [2, 3, 6, 6], k: 1 },
    { shape: [2, 3, 6, 7], k: 2 },
    { shape: [1, 5, 6, 4], k: 3 },
    { shape: [3, 1, 9, 8], k: 4 },
    { shape: [2, 2, 7, 5], k: 5 },
  ])('of blocks of $k in $shape is the formula, even sizes included', ({ shape, k }) => {
    const [b, c, h, w] = shape as [number, number, number, number];
    const places = [b, c, h - k + 1, w - k + 1];
    const count = places.reduce((product, extent) => product * extent);
    const seeds = tensor(
      hashUniform('block seeds', count).map((value) => (value > 0.5 ? 1 : 0)),
      { shape: places },
    );
    const x = randn(shape);
    const y = withoutBlocks(x, { seeds, blockSize: k, eps: 0.5 });
    expect(zerosOf(y)).toBeGreaterThan(0);
    expectClose(y.data, expected(x, seeds, k, 0.5), { tolerance: 1e-6 });
  });

  test('for p = 0 and in evaluation returns the very input', () => {
    const x = randn([2, 3, 8, 8]);
    expect(F.dropBlock2d(x, { p: 0, blockSize: 3 })).toBe(x);
    const image = x.at(0);
    expect(F.dropBlock2d(image, { p: 0, blockSize: 3 })).toBe(image);
    expect(new nn.DropBlock2d(0.3, { blockSize: 3 }).eval().forward(x)).toBe(x);
    expect(new nn.DropBlock2d(0).forward(x)).toBe(x);
  });

  test('takes images [C, H, W] as one sample', () => {
    const x = randn([3, 8, 7], { seed: 1 });
    const options = { p: 0.4, blockSize: 3, seed: 2 };
    const y = F.dropBlock2d(x, options);
    manualSeed(0);
    expect(y.shape).toEqual([3, 8, 7]);
    expect([...y.data]).toEqual([...F.dropBlock2d(x.unsqueeze(0), options).data]);
    expect(zerosOf(y)).toBeGreaterThan(0);
  });

  test('drops everything with p = 1 and blocks of one pixel, or blocks as large as the image, without NaN', () => {
    for (const blockSize of [1, 4]) {
      const layer = new nn.DropBlock2d(1, { blockSize });
      const x = tensor(hashUniform('all', 32), { shape: [1, 2, 4, 4], requiresGrad: true });
      const y = layer.forward(x);
      expect([...y.data].map(Math.abs)).toEqual(new Array(32).fill(0));
      y.sum().backward();
      expect([...x.grad!.data]).toEqual(new Array(32).fill(0));
    }
  });

  test('gives the mean 1 to a batch of ones: normalised by what is kept in all of it', () => {
    const y = F.dropBlock2d(ones([4, 3, 9, 9]), { p: 0.3, blockSize: 3, seed: 1 });
    expect(new Set(y.data).size).toBe(2);
    expect(y.mean().item()).toBeCloseTo(1, 5);
    const keptOf = (s: number) => 243 - zerosOf(y.at(s));
    expect(new Set([0, 1, 2, 3].map(keptOf)).size).toBeGreaterThan(1);
  });

  test('says what it is, and refuses what makes no sense', () => {
    expect(new nn.DropBlock2d(0.2).describe()).toBe('DropBlock2d(0.2, blockSize: 7)');
    const x = ones([1, 1, 4, 6]);
    expect(() => F.dropBlock2d(x, { blockSize: 5 })).toThrow(
      'dropBlock2d: blocks of 5×5 do not fit images of 4×6 pixels; use smaller blocks',
    );
    expect(() => F.dropBlock2d(ones([4, 6]), { blockSize: 2 })).toThrow(
      /shape \[B, C, H, W\] or \[C, H, W\], got \[4, 6\]/,
    );
    for (const blockSize of [0, 1.5, Number.NaN])
      expect(() => new nn.DropBlock2d(0.1, { blockSize })).toThrow(
        new RangeError(`DropBlock2d: blockSize must be an integer ≥ 1, got ${blockSize}`),
      );
    expect(() => F.dropBlock2d(x, { blockSize: 2, eps: 0 })).toThrow('dropBlock2d: eps must be a number > 0, got 0');
    expect(() => new nn.DropBlock2d(-1)).toThrow(/DropBlock2d: p is the probability/);
  });

  test('follows a schedule: the share of seeds is that of the p of the step', () => {
    const arena = defaultArena();
    const block = arena.allocate(4 * RateTable.words);
    const rates = new RateTable(block.offsetBytes);
    const schedule = { kind: 'linear', from: 0, to: 1, steps: 10 } as const;
    const shape = [20, 10, 20, 20] as const;
    const y = traceWith(3, () => F.dropBlock2d(ones(shape), { p: 0.5, blockSize: 1 }), { rates, schedule });
    const program = programOf([y]);
    for (const step of [0, 4, 10, 11]) {
      rates.fill(step, new Uint32Array(arena.memory.buffer, block.offsetBytes, RateTable.words));
      program.step(step);
      const [n, p] = [80_000, 0.05 * Math.min(step, 10)];
      const dropped = program.data(y).filter((value) => value === 0).length;
      expect(Math.abs(dropped - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
    }
  });
});

describe('MultiSampleDropout', () => {
  test('is the mean of the shared head under masks of their own, each a call of its own', () => {
    const head = new nn.Linear(40, 3);
    const layer = new nn.MultiSampleDropout(head, { samples: 4, p: 0.25, seed: 6 });
    const x = randn([5, 40]);
    const y = layer.forward(x);
    manualSeed(0);
    const each = [0, 1, 2, 3].map(() => head.forward(F.dropout(x, { p: 0.25, seed: 6 })));
    const sum = each.reduce((total, output) => total.add(output));
    expect([...y.data]).toEqual([...sum.div(4).data]);
    expect(new Set(each.map((output) => output.data[0])).size).toBe(4);
    expect(layer.parameters()).toEqual(head.parameters());
    expect(layer.describe()).toBe('MultiSampleDropout(0.25, samples: 4)');
  });

  test('in evaluation runs the head once, on the input itself', () => {
    const head = new nn.Linear(4, 3);
    const forward = vi.spyOn(head, 'forward');
    const layer = new nn.MultiSampleDropout(head, { reduction: 'none' }).eval();
    const x = randn([2, 4]);
    expect([...layer.forward(x).data]).toEqual([...head.forward(x).data]);
    expect(forward.mock.calls.map(([input]) => input)).toEqual([x, x]);
  });

  test('gives every sample with reduction none, whose loss is the mean of the losses', () => {
    const layer = new nn.MultiSampleDropout(new nn.Linear(8, 3), { samples: 3, reduction: 'none' });
    const outputs = layer.forward(randn([4, 8]));
    const target = tensor([0, 2, 1, 1], { dtype: 'i32' });
    expect(outputs.shape).toEqual([4, 3, 3]);
    const losses = [0, 1, 2].map((s) => F.multiSampleLoss(outputs.transpose(0, 1).at(s), target).item());
    expect(F.multiSampleLoss(outputs, target).item()).toBeCloseTo((losses[0]! + losses[1]! + losses[2]!) / 3, 6);
    const firstLogit = (output: Tensor) => output.slice([null, { end: 1 }]).mean();
    expect(F.multiSampleLoss(outputs, target, firstLogit).item()).toBeCloseTo(
      outputs
        .slice([null, null, { end: 1 }])
        .mean()
        .item(),
      6,
    );
  });

  test('refuses what makes no sense', () => {
    const head = new nn.Linear(4, 3);
    expect(() => new nn.MultiSampleDropout(head, { samples: 0 })).toThrow(/samples must be an integer ≥ 1, got 0/);
    expect(() => new nn.MultiSampleDropout(head, { p: 2 })).toThrow(/MultiSampleDropout: p is the probability/);
    // @ts-expect-error: no such reduction
    expect(() => new nn.MultiSampleDropout(head, { reduction: 'sum' })).toThrow(
      /reduction is 'mean' or 'none', got sum/,
    );
    expect(() => F.multiSampleLoss(ones([3]), tensor([1], { dtype: 'i32' }))).toThrow(/or \[B, C\], got \[3\]/);
  });
});
