/** Losses beyond the golden values: which op computes them, targets that are ignored or impossible, state, and bad input. */
import { crossEntropy, F, mseLoss, nn, ShapeError, type Tensor, tensor, zeros } from '@lockstep/core';
import { hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';

const logits = tensor(hashUniform('losses', 12), { shape: [3, 4] });
const i32 = (...values: number[]) => tensor(values, { dtype: 'i32' });

describe('cross-entropy of logits [B, C] without options', () => {
  test('is one op and a reduction, as ever', () => {
    const loss = crossEntropy(logits, i32(0, 1, 3), { reduction: 'none' });
    expect([loss.node.op.name, loss.node.inputs[0]]).toEqual(['crossEntropy', logits.node]);
    expect(F.crossEntropy).toBe(crossEntropy);
  });

  test('has the values of the general form', () => {
    const [plain, general] = [{}, { ignoreIndex: -100 }].map((options) => {
      const x = tensor(logits.data.slice(), { shape: [3, 4], requiresGrad: true });
      const loss = crossEntropy(x, i32(0, 1, 3), options);
      loss.backward();
      return [loss.item(), ...x.grad!.data];
    });
    plain!.forEach((value, i) => {
      expect(general![i]).toBeCloseTo(value, 6);
    });
  });
});

describe('class numbers', () => {
  test('out of range give NaN and no gradient, unless they are ignored', () => {
    for (const loss of [F.nllLoss, crossEntropy]) {
      const x = tensor(logits.data.slice(), { shape: [3, 4], requiresGrad: true });
      const each = loss(x, i32(4, -1, 2), { reduction: 'none', ignoreIndex: 4 });
      expect([...each.data].map(Number.isNaN)).toEqual([false, true, false]);
      expect(each.data[0]).toBe(0);
      loss(x, i32(4, 4, 2), { reduction: 'sum', ignoreIndex: 4 }).backward();
      expect([...x.grad!.data.slice(0, 8)]).toEqual(new Array(8).fill(0));
      expect(x.grad!.data.slice(8).every((value) => value !== 0 || loss === F.nllLoss)).toBe(true);
    }
  });

  test('all ignored: the mean of nothing is NaN, the sum is 0, as in PyTorch', () => {
    const options = { ignoreIndex: 1 };
    expect(crossEntropy(logits, i32(1, 1, 1), options).item()).toBeNaN();
    expect(crossEntropy(logits, i32(1, 1, 1), { ...options, reduction: 'sum' }).item()).toBe(0);
  });

  test('a smoothed loss of an ignored row is 0 even where its logits are infinite', () => {
    const x = tensor([[Number.NEGATIVE_INFINITY, 0], [1, 2]], { requiresGrad: true }); // biome-ignore format: rows
    const loss = crossEntropy(x, i32(-100, 1), { labelSmoothing: 0.1, reduction: 'none' });
    expect(loss.data[0]).toBe(0);
    expect(loss.data[1]).toBeGreaterThan(0);
  });
});

test('losses of nothing: the sum is 0, the mean NaN', () => {
  const none = zeros([0, 3], { dtype: 'f32' });
  const targets = zeros([0], { dtype: 'i32' });
  expect(crossEntropy(none, targets, { reduction: 'sum', labelSmoothing: 0.1 }).item()).toBe(0);
  expect(F.nllLoss(none, targets).item()).toBeNaN();
  expect(F.huberLoss(none, none).item()).toBeNaN();
});

test('binary cross-entropy of far logits keeps its digits: e^−20, not 0', () => {
  const loss = F.binaryCrossEntropyWithLogits(tensor([-20, 20]), tensor([0, 1]), { reduction: 'none' });
  for (const value of loss.data) expect(value / Math.exp(-20)).toBeCloseTo(1, 5);
  const posWeight = tensor([3, 3]);
  const weighted = F.binaryCrossEntropyWithLogits(tensor([-20, 20]), tensor([0, 1]), { reduction: 'none', posWeight });
  expect([...weighted.data].map((value) => value / Math.exp(-20))).toEqual([
    expect.closeTo(1, 5),
    expect.closeTo(3, 5),
  ]);
});

test('weights of loss layers are buffers under PyTorch’s names', () => {
  const layer = new nn.BCEWithLogitsLoss({ weight: tensor([1, 2]), posWeight: tensor([3, 4]) });
  expect(Object.keys(layer.stateDict())).toEqual(['weight', 'pos_weight']);
  expect(layer.parameters()).toEqual([]);
  expect(Object.keys(new nn.CrossEntropyLoss().stateDict())).toEqual([]);
});

test('no gradient flows to weights of classes', () => {
  const weight = tensor([1, 2, 3, 4], { requiresGrad: true });
  const x = tensor(logits.data.slice(), { shape: [3, 4], requiresGrad: true });
  crossEntropy(x, i32(0, 1, 3), { weight, labelSmoothing: 0.1 }).backward();
  crossEntropy(x, logits.softmax(), { weight }).backward();
  expect(weight.grad).toBeNull();
  expect(x.grad!.data.every((value) => value !== 0)).toBe(true);
});

describe('connectionist temporal classification', () => {
  const uniform = (time: number, batch: number, classes: number) => zeros([time, batch, classes]).logSoftmax();

  test('sums over all alignments: aa, a–, –a of two times and two classes', () => {
    expect(F.ctcLoss(uniform(2, 1, 2), i32(1).reshape([1, 1]), [2], [1]).item()).toBeCloseTo(-Math.log(3 / 4), 6);
    // Two equal labels need a blank between: a–a is the only way.
    expect(F.ctcLoss(uniform(3, 1, 2), i32(1, 1).reshape([1, 2]), [3], [2], { reduction: 'sum' }).item()).toBeCloseTo(
      -Math.log(1 / 8),
      6,
    );
  });

  test('without an alignment it is ∞, or 0 with zeroInfinity; lengths out of range in a tensor give NaN', () => {
    const run = (steps: number[], lengths: number[], zeroInfinity: boolean) => {
      const x = tensor(new Float32Array(12), { shape: [3, 2, 2], requiresGrad: true });
      const targets = i32(1, 1, 1, 1).reshape([2, 2]);
      const loss = F.ctcLoss(x.logSoftmax(), targets, i32(...steps), i32(...lengths), {
        zeroInfinity,
        reduction: 'none',
      });
      loss.backward(tensor([1, 1]));
      return { losses: [...loss.data], finite: x.grad!.data.every(Number.isFinite) };
    };
    expect(run([2, 3], [2, 0], false)).toEqual({
      losses: [Infinity, expect.closeTo(3 * Math.log(2), 5)],
      finite: false,
    });
    expect(run([2, 3], [2, 0], true)).toEqual({ losses: [0, expect.closeTo(3 * Math.log(2), 5)], finite: true });
    expect(run([0, 0], [0, 1], false).losses).toEqual([0, Infinity]);
    expect(run([4, 3], [1, 3], true)).toEqual({ losses: [Number.NaN, Number.NaN], finite: true });
  });

  test('takes a model’s [N, T, C] as it is where that was turned around for the loss', () => {
    const x = zeros([2, 3, 4]);
    const loss = F.ctcLoss(x.permute([1, 0, 2]), zeros([2, 1], { dtype: 'i32' }), [3, 3], [0, 0], {
      reduction: 'none',
    });
    expect(loss.node.inputs[0]).toBe(x.node);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'an input length',
      () => F.ctcLoss(uniform(2, 1, 2), i32(1).reshape([1, 1]), [3], [1]),
      /inputLengths must be 1 whole numbers from 0 to 2, got \[3\]/,
    ],
    [
      'a target length',
      () => F.ctcLoss(uniform(2, 1, 2), i32(1).reshape([1, 1]), [2], [2]),
      /targetLengths must be 1 whole numbers from 0 to 1/,
    ],
    [
      'the number of lengths',
      () => F.ctcLoss(uniform(2, 1, 2), i32(1).reshape([1, 1]), i32(2, 2), [1]),
      /expected inputLengths i32 \[1\], got i32 \[2\]/,
    ],
    [
      'targets in a row',
      () => F.ctcLoss(uniform(2, 1, 2), i32(1), [2], [1]),
      /targets i32 \[N, S\], got \[2, 1, 2\] and i32 \[1\]/,
    ],
    [
      'the blank',
      () => F.ctcLoss(uniform(2, 1, 2), i32(1).reshape([1, 1]), [2], [1], { blank: 2 }),
      /one of the 2 classes, got 2/,
    ],
  ])('%s out of range is an error', (_, run, text) => {
    expect(run).toThrow(text);
  });
});

describe('bad input is an error that says what was expected and what came', () => {
  test.each<[string, () => Tensor, string]>([
    [
      'targets of another batch',
      () => F.nllLoss(logits, i32(0, 1)),
      'nllLoss: expected an input f32 [B, C, …] and targets i32 [B, …], got f32 [3, 4] and i32 [2]',
    ],
    [
      'targets without the spatial axes',
      () => crossEntropy(zeros([2, 3, 4]), i32(0, 1)),
      'crossEntropy: expected an input f32 [B, C, …] and targets i32 [B, …], got f32 [2, 3, 4] and i32 [2]',
    ],
    [
      'weights of other classes',
      () => crossEntropy(logits, i32(0, 1, 2), { weight: zeros([3]) }),
      'crossEntropy: expected a weight of shape [4], got [3]',
    ],
    [
      'another shape of the target',
      () => F.huberLoss(zeros([2]), zeros([3])),
      'huberLoss: input [2] and target [3] must have one shape',
    ],
    [
      'weights that do not broadcast to the input',
      () => F.binaryCrossEntropy(zeros([2]), zeros([2]), { weight: zeros([3, 2]) }),
      'a weight of shape [3, 2] does not broadcast to [2]',
    ],
    [
      'a target of another length',
      () => F.cosineEmbeddingLoss(zeros([2, 3]), zeros([2, 3]), zeros([3])),
      'got [2, 3], [2, 3], [3]',
    ],
  ])('%s', (_, run, text) => {
    expect(run).toThrow(ShapeError);
    expect(run).toThrow(text);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'reduction',
      () => mseLoss(zeros([1]), zeros([1]), { reduction: 'avg' as 'sum' }),
      /'mean', 'sum' or 'none', got avg/,
    ],
    ['reduction of klDiv', () => F.klDiv(zeros([1]), zeros([1]), { reduction: 'batchmean' as 'sum' }), /got batchmean/],
    ['reduction of a layer', () => new nn.L1Loss({ reduction: '' as 'sum' }), /reduction must be/],
    ['labelSmoothing', () => crossEntropy(logits, i32(0, 1, 2), { labelSmoothing: 1.5 }), /in \[0, 1\], got 1.5/],
    ['ignoreIndex', () => F.nllLoss(logits, i32(0, 1, 2), { ignoreIndex: 0.5 }), /whole number, got 0.5/],
    ['ignoreIndex of probabilities', () => crossEntropy(logits, logits, { ignoreIndex: 1 }), /no meaning/],
    ['beta', () => F.smoothL1Loss(zeros([1]), zeros([1]), { beta: -1 }), /beta must be a number ≥ 0, got -1/],
    ['delta', () => F.huberLoss(zeros([1]), zeros([1]), { delta: 0 }), /delta must be a number > 0, got 0/],
    ['p', () => F.tripletMarginLoss(zeros([1]), zeros([1]), zeros([1]), { p: 3 as 2 }), /p must be 1 or 2, got 3/],
  ])('%s', (_, run, text) => {
    expect(run).toThrow(RangeError);
    expect(run).toThrow(text);
  });
});
