/** Batch normalisation beside its golden values: bits for any cut of the batch, effects, modes, saving, and unusual values. */
import {
  crossEntropy,
  decodeSafetensors,
  encodeSafetensors,
  F,
  inputTensor,
  manualSeed,
  nn,
  SGD,
  ShapeError,
  type Tensor,
  tensor,
  tracedEffects,
  traceWith,
} from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { programOf } from './program.ts';
import { type Model, samples, trainCompiled, trainEager } from './training-run.ts';

/** Convolution, normalisation of an odd number of channels, ReLU, the same layer again, linear, normalisation of rows. */
class NormNet extends nn.Module {
  readonly conv = new nn.Conv2d(2, 7, 3, { padding: 1, bias: false });
  readonly bn = new nn.BatchNorm2d(7);
  readonly fc = new nn.Linear(175, 5);
  readonly rows = new nn.BatchNorm1d(5, { momentum: null });
  override forward(x: Tensor): Tensor {
    const inner = this.bn.forward(this.conv.forward(x)).relu();
    return this.rows.forward(this.fc.forward(this.bn.forward(inner).relu().flatten(1)));
  }
}

function normModel(): Model {
  manualSeed(3);
  const module = new NormNet();
  const optimizer = new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
  return { module, shape: [2, 5, 5], loss, optimizer };
}

describe('bits', () => {
  const expected = trainEager(normModel());

  test.each([1, 2, 3, 4, 7, samples])(
    'of training, with running statistics, are those of eager steps for %i shards',
    (shards) => {
      expectBitsEqual(trainCompiled(normModel(), { shards }), expected, `${shards} shards`);
      expectBitsEqual(trainCompiled(normModel(), { shards, fused: true }), expected, `${shards} shards, ReLU fused`);
    },
  );

  test('do not depend on the order of tasks', () => {
    const backwards = (tasks: number) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);
    const shuffled = (tasks: number) => backwards(tasks).sort((a, b) => ((a * 7919) % 13) - ((b * 7919) % 13));
    for (const order of [backwards, shuffled]) {
      for (const fused of [false, true])
        expectBitsEqual(trainCompiled(normModel(), { shards: 4, order, fused }), expected);
    }
  });

  test('a layer that is called twice counts both batches of every step', () => {
    const model = normModel();
    trainCompiled(model, { shards: 3, steps: 4 });
    const { bn, rows } = model.module as NormNet;
    expect([bn.numBatchesTracked!.item(), rows.numBatchesTracked!.item()]).toEqual([8, 4]);
  });
});

describe('running statistics', () => {
  test('are updated in a program that asks for its effects, though nothing else depends on them', () => {
    const bn = new nn.BatchNorm1d(2, { momentum: 1 });
    const x = inputTensor('x', { shape: [4, 2], dtype: 'f32' });
    const { y, updates } = traceWith(0, () => ({ y: bn.forward(x), updates: tracedEffects() }));
    const program = programOf([x, y], { batch: 4, shards: 2, updates });
    program.data(x).set([1, 10, 2, 10, 3, 10, 6, 10]);
    program.step(0);
    program.step(1);
    expect(bn.runningMean!.toArray()).toEqual([3, 10]);
    expect(bn.runningVar!.data[0]).toBeCloseTo(14 / 3, 6);
    expect([bn.runningVar!.data[1], bn.numBatchesTracked!.item()]).toEqual([0, 2]);
  });

  test('stay as they are in evaluation, without tracking, and when only shapes are traced', () => {
    const bn = new nn.BatchNorm2d(2);
    expect(bn.forward(inputTensor('image', { shape: [1, 2, 3, 3], dtype: 'f32' })).shape).toEqual([1, 2, 3, 3]);
    bn.eval()
      .forward(tensor(hashUniform('x', 36), { shape: [2, 2, 3, 3] }))
      .toArray();
    expect([bn.numBatchesTracked!.item(), bn.runningMean!.toArray()]).toEqual([0, [0, 0]]);
    expect([...new nn.BatchNorm2d(2, { trackRunningStats: false }).namedBuffers()]).toEqual([]);
    expect(
      traceWith(0, () => [bn.forward(inputTensor('x', { shape: [2, 2, 3, 3], dtype: 'f32' })), tracedEffects()])[1],
    ).toEqual([]);
  });

  test('a lazy result of evaluation does not silently see statistics of later training', () => {
    const bn = new nn.BatchNorm1d(1);
    const x = tensor([[1], [2]]);
    const early = bn.eval().forward(x);
    bn.train().forward(x);
    expect(() => early.data).toThrow(/changed in place after it was used/);
  });

  test('training and evaluation differ, and switch with the mode', () => {
    const bn = new nn.BatchNorm1d(1, { momentum: 0.5 });
    const x = tensor([[1], [3]]);
    const [low, high] = bn.forward(x).data;
    expect([low, high]).toEqual([-high!, high]);
    expect(high).toBeCloseTo(1, 4);
    expect(bn.eval().forward(x).data[0]).toBeCloseTo((1 - 1) / Math.sqrt(1.5), 4);
    expect(bn.forward(x).data[1]).toBeCloseTo((3 - 1) / Math.sqrt(1.5), 4);
    expect(bn.train().forward(x).data[1]).toBe(high);
  });
});

describe('state', () => {
  test('has PyTorch’s names in its order and survives a file', () => {
    const model = normModel().module as NormNet;
    model.forward(tensor(hashUniform('state', 200), { shape: [4, 2, 5, 5] })).toArray();
    const bn = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
    const names = ['conv.weight', ...bn.map((n) => `bn.${n}`), 'fc.weight', 'fc.bias', ...bn.map((n) => `rows.${n}`)];
    expect(Object.keys(model.stateDict())).toEqual(names);
    const { tensors } = decodeSafetensors(encodeSafetensors(model.stateDict()));
    expect([tensors['bn.num_batches_tracked']!.dtype, tensors['bn.num_batches_tracked']!.shape]).toEqual(['i32', []]);
    const other = normModel().module;
    other.loadStateDict(tensors);
    for (const [name, { data }] of Object.entries(other.stateDict()))
      expect([...data]).toEqual([...model.stateDict()[name]!.data]);
    expect(() => other.loadStateDict({ ...tensors, 'bn.running_mean': tensor([1]) })).toThrow(
      /bn.running_mean: expected shape \[7\]/,
    );
  });

  test('parameters are weight and bias alone; a buffer of a user is named by its field', () => {
    class Scaled extends nn.Module {
      readonly factor = new nn.Buffer(tensor([2]));
      override forward(x: Tensor): Tensor {
        return x.mul(this.factor);
      }
    }
    expect(new nn.BatchNorm1d(3).parameters().length).toBe(2);
    expect(Object.keys(new nn.Sequential(new Scaled()).stateDict())).toEqual(['0.factor']);
    expect(new Scaled().factor.requiresGrad).toBe(false);
  });
});

describe('unusual values', () => {
  const normalised = (values: number[], shape: number[]) => F.batchNorm(tensor(values, { shape }), { training: true });

  test('a constant channel gives the bias exactly, however large it is', () => {
    const bias = tensor([0.25, -1]);
    const x = tensor([1e6, -3e-5, 1e6, -3e-5, 1e6, -3e-5], { shape: [3, 2] });
    expect(F.batchNorm(x, { bias, training: true }).toArray()).toEqual([[0.25, -1], [0.25, -1], [0.25, -1]]); // biome-ignore format: rows
  });

  test('NaN and infinity stay in their channel', () => {
    const y = normalised([1, Number.NaN, 5, 2, 3, Number.POSITIVE_INFINITY], [2, 3]).data;
    expect([y[1], y[2], y[4], y[5]].map(Number.isNaN)).toEqual([true, true, true, true]);
    expect(y[0]).toBeCloseTo(-1, 4);
  });

  test('a large mean costs no digits of the variance', () => {
    const spread = hashUniform('spread', 512);
    const shifted = spread.map((value) => value + 4096);
    const back = tensor(
      Array.from(shifted, (value) => value - 4096),
      { shape: [8, 1, 8, 8] },
    );
    const [a, b] = [normalised([...shifted], [8, 1, 8, 8]).data, F.batchNorm(back, { training: true }).data];
    a.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i]!, 2);
    });
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(4e-4);
  });
});

describe('errors', () => {
  test('one value per channel in training is PyTorch’s error', () => {
    const text = 'Expected more than 1 value per channel when training, got input size [1, 3]';
    expect(() => new nn.BatchNorm1d(3).forward(tensor([[1, 2, 3]]))).toThrow(text);
    expect(() => new nn.BatchNorm2d(3).forward(tensor([1, 2, 3], { shape: [1, 3, 1, 1] }))).toThrow(ShapeError);
    expect(new nn.BatchNorm1d(3).eval().forward(tensor([[1, 2, 3]])).shape).toEqual([1, 3]);
  });

  test('shapes and options are checked, with what was expected', () => {
    expect(() => new nn.BatchNorm2d(3).forward(tensor([[1, 2, 3]]))).toThrow(
      'BatchNorm2d(3): expected an input of shape [B, 3, H, W], got [1, 3]',
    );
    expect(() => new nn.BatchNorm1d(2).forward(tensor([[1, 2, 3]]))).toThrow('[B, 2] or [B, 2, L]');
    expect(() => F.batchNorm(tensor([1, 2]))).toThrow(/expected an input of shape/);
    expect(() => F.batchNorm(tensor([[1, 2]]), { weight: tensor([1]) })).toThrow(/weight has shape \[1\]/);
    expect(() => new nn.BatchNorm1d(0)).toThrow(RangeError);
    expect(() => new nn.BatchNorm1d(2, { momentum: 2 })).toThrow(/momentum must be in \[0, 1\] or null/);
    expect(() => new nn.BatchNorm1d(2, { eps: -1 })).toThrow(/eps must be/);
  });
});
