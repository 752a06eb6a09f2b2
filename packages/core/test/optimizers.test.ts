/** Optimizers in training steps: the same bits for any shards and any order of tasks, parameter groups, frozen parameters. */
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  crossEntropy,
  Lion,
  manualSeed,
  NAdam,
  nn,
  type Optimizer,
  RAdam,
  RMSprop,
  SGD,
  type Tensor,
  tensor,
} from '@lockstep/core';
import { expectClose } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { shardCounts, workerCounts } from './conformance/cuts.ts';
import { proves } from './conformance/proves.ts';
import { type Model, SmallNet, trainCompiled, trainEager } from './training-run.ts';

const makers: Record<string, (parameters: nn.Parameter[]) => Optimizer> = {
  'SGD that maximizes': (p) => new SGD(p, { lr: 0.01, momentum: 0.9, maximize: true }),
  'Adam with amsgrad': (p) => new Adam(p, { lr: 0.01, amsgrad: true, betas: [0.9, 0.7] }),
  'AdamW with max-norm': (p) => new AdamW(p, { lr: 0.01, maxNorm: 0.5 }),
  NAdam: (p) => new NAdam(p, { lr: 0.01, weightDecay: 0.01 }),
  RAdam: (p) => new RAdam(p, { lr: 0.01, betas: [0.9, 0.7] }),
  Adamax: (p) => new Adamax(p, { lr: 0.01, betas: [0.9, 0.7] }),
  SGD: (p) => new SGD(p, { lr: 0.01 }),
  RMSprop: (p) => new RMSprop(p, { lr: 0.001 }),
  'RMSprop, centered, with momentum': (p) => new RMSprop(p, { lr: 0.001, momentum: 0.9, centered: true, eps: 1e-3 }),
  'RMSprop with momentum': (p) => new RMSprop(p, { lr: 0.001, momentum: 0.9, maxNorm: 0.5 }),
  Adagrad: (p) => new Adagrad(p, { lr: 0.01, lrDecay: 0.1 }),
  Adadelta: (p) => new Adadelta(p, { lr: 1 }),
  Lion: (p) => new Lion(p, { lr: 0.001, weightDecay: 0.1 }),
};

const cuts = shardCounts.flatMap((shards) => workerCounts.map((workers) => ({ shards, workers })));

function modelWith(make: (parameters: nn.Parameter[]) => Optimizer, freeze: readonly string[] = []): Model {
  manualSeed(3);
  const module = new SmallNet(0.3);
  for (const [name, parameter] of module.namedParameters()) parameter.requiresGrad = !freeze.includes(name);
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
  return { module, shape: [2, 5, 5], loss, optimizer: make(module.parameters()) };
}

describe.each(Object.entries(makers))('%s', (_, make) => {
  test('gives the same bits for any workers and shards and any order of tasks', (context) => {
    proves(context, 'bits', modelWith(make).optimizer.constructor.name);
    const seen = trainCompiled(modelWith(make), { shards: 1, fused: true });
    expect(seen.every(Number.isFinite)).toBe(true);
    for (const { shards, workers } of cuts)
      expect(trainCompiled(modelWith(make), { shards, workers, fused: true })).toEqual(seen);
    const order = (tasks: number) => Array.from({ length: tasks }, (__, i) => tasks - 1 - i);
    expect(trainCompiled(modelWith(make), { shards: 2, fused: true, order })).toEqual(seen);
  });

  test('does in training programs what step() does', () => {
    const compiled = trainCompiled(modelWith(make), { shards: 3, steps: 1 });
    expectClose(compiled, trainEager(modelWith(make), 1), { tolerance: 1e-4, scale: 0.05 });
  });
});

describe('parameter groups', () => {
  const pair = () => [new nn.Parameter(tensor([1, 2])), new nn.Parameter(tensor([1, 2]))] as const;
  const stepWith = (optimizer: Optimizer) => {
    for (const parameter of optimizer.parameters) parameter.grad = tensor([1, -1]);
    optimizer.step();
  };

  test('have options of their own, and those of the optimizer where they name none', () => {
    const [a, b] = pair();
    const optimizer = new SGD(
      [
        { params: [a], lr: 0.5 },
        { params: [b], weightDecay: 1 },
      ],
      { lr: 0.25 },
    );
    stepWith(optimizer);
    expect([...a.data]).toEqual([0.5, 2.5]);
    expect([...b.data]).toEqual([0.5, 1.75]);
    expect(optimizer.groups.map(({ lr, weightDecay }) => [lr, weightDecay])).toEqual([
      [0.5, 0],
      [0.25, 1],
    ]);
  });

  test('may differ in what state they keep and in the kernel', () => {
    const [a, b] = pair();
    const sgd = new SGD([{ params: [a] }, { params: [b], momentum: 0.5 }], { lr: 1 });
    expect([...sgd.state.values()].map((state) => Object.keys(state))).toEqual([[], ['momentum_buffer']]);
    stepWith(sgd);
    stepWith(sgd);
    expect([...a.data]).toEqual([-1, 4]);
    expect([...b.data]).toEqual([-1.5, 4.5]);
    const adam = new Adam([{ params: [a] }, { params: [b], amsgrad: true }]);
    expect([...adam.state.values()].map((state) => Object.keys(state).length)).toEqual([2, 3]);
  });

  test('train as separate optimizers would, alike for any shards', () => {
    const grouped = (parameters: nn.Parameter[]) =>
      new AdamW([
        { params: parameters.filter(({ rank }) => rank > 1), lr: 0.02, maxNorm: 0.5 },
        { params: parameters.filter(({ rank }) => rank === 1), weightDecay: 0 },
      ]);
    const seen = trainCompiled(modelWith(grouped), { shards: 1 });
    expect(trainCompiled(modelWith(grouped), { shards: 4 })).toEqual(seen);
    const plain = (options: object) => (parameters: nn.Parameter[]) => new AdamW(parameters, options);
    const [weights, biases] = [{ lr: 0.02, maxNorm: 0.5 }, { weightDecay: 0 }].map((options) =>
      trainCompiled(modelWith(plain(options)), { shards: 1, steps: 1 }),
    ) as [Float32Array, Float32Array];
    let at = 1;
    for (const { rank, size } of modelWith(grouped).module.parameters()) {
      const expected = rank > 1 ? weights : biases;
      expect(seen.slice(at, at + size)).toEqual(expected.slice(at, at + size));
      at += size;
    }
  });

  test('setting lr sets that of every group', () => {
    const [a, b] = pair();
    const optimizer = new SGD([{ params: [a], lr: 0.5 }, { params: [b] }], { lr: 0.25 });
    expect(optimizer.lr).toBe(0.5);
    optimizer.lr = 0.125;
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.125, 0.125]);
    expect(() => {
      optimizer.lr = -1;
    }).toThrow('optimizer: lr must be a number ≥ 0, got -1');
  });

  test('that make no sense are refused', () => {
    const [a, b] = pair();
    expect(() => new SGD([{ params: [a, b] }, { params: [b] }], { lr: 1 })).toThrow(
      'optimizer: a parameter of shape [2] is in groups 0 and 1; put every parameter in one group',
    );
    expect(() => new SGD([{ params: [a] }, { params: [] }], { lr: 1 })).toThrow(/got no parameters in group 1/);
    expect(() => new SGD([a, { params: [b] }] as unknown as nn.Parameter[], { lr: 1 })).toThrow(
      /got parameters and groups in one list/,
    );
    expect(() => new SGD([{ params: [a], momentum: -1 }], { lr: 1 })).toThrow(/momentum must be a number ≥ 0, got -1/);
    expect(() => new SGD([a], { lr: 1 }).updateNodes(b, a.node, 0)).toThrow(/a parameter of shape \[2\] is not one of/);
  });
});

describe('frozen parameters', () => {
  test('get no gradient and keep their values in eager steps', () => {
    const layer = new nn.Linear(3, 2);
    layer.weight.requiresGrad = false;
    const before = [...layer.weight.data];
    const optimizer = new SGD(layer.parameters(), { lr: 1, weightDecay: 0.5 });
    layer
      .forward(tensor([[1, 2, 3]]))
      .sum()
      .backward();
    expect(layer.weight.grad).toBeNull();
    const bias = [...layer.bias!.data];
    optimizer.step();
    expect([...layer.weight.data]).toEqual(before);
    expect([...layer.bias!.data]).not.toEqual(bias);
  });

  test('a stale gradient of a frozen parameter is not applied', () => {
    const [a, b] = [new nn.Parameter(tensor([1])), new nn.Parameter(tensor([1]), { requiresGrad: false })];
    for (const parameter of [a, b]) parameter.grad = tensor([1]);
    new SGD([a, b], { lr: 0.5 }).step();
    expect([a.item(), b.item()]).toEqual([0.5, 1]);
  });
});
