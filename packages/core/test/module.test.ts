/** Modules: names and order of parameters, modes, shared parts, and loading of state. */
import { manualSeed, nn, ones, ShapeError, type Tensor, tensor, zeros } from '@lockstep/core';
import { SeedNet } from '@lockstep/core/models';
import { beforeEach, describe, expect, test } from 'vitest';

beforeEach(() => manualSeed(0));

const names = (module: nn.Module) => [...module.namedParameters()].map(([name]) => name);
const modulesOf = (module: nn.Module) => [...module.namedModules()].map(([name]) => name);

/** A block with a parameter of its own beside a layer. */
class Block extends nn.Module {
  readonly inner: nn.Linear;
  readonly scale = new nn.Parameter(ones([2]));
  constructor(inner = new nn.Linear(2, 2)) {
    super();
    this.inner = inner;
  }
  override forward(x: Tensor): Tensor {
    return this.inner.forward(x).mul(this.scale);
  }
}
class Stack extends nn.Module {
  readonly blocks: Block[];
  readonly gains = [new nn.Parameter(ones([1])), new nn.Parameter(zeros([1]))];
  readonly head = new nn.Sequential(
    new nn.Linear(2, 3),
    new nn.ReLU(),
    new nn.Sequential(new nn.Linear(3, 1, { bias: false })),
  );
  readonly note = 'neither a module nor a parameter';
  readonly buffer = zeros([2]);
  constructor(blocks: Block[]) {
    super();
    this.blocks = blocks;
  }
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.blocks.reduce((value, block) => block.forward(value), x));
  }
}

describe('names', () => {
  test('of the seed network are those of PyTorch’s state_dict, in its order', () => {
    const net = new SeedNet([3, 32, 32], 10);
    expect([...net.namedParameters()].map(([name, { shape }]) => `${name} ${shape.join('×')}`)).toEqual([
      'conv1.weight 32×3×3×3',
      'conv1.bias 32',
      'conv2.weight 64×32×3×3',
      'conv2.bias 64',
      'conv3.weight 128×64×3×3',
      'conv3.bias 128',
      'fc1.weight 512×512',
      'fc1.bias 512',
      'fc2.weight 10×512',
      'fc2.bias 10',
    ]);
    expect(net.parameters().reduce((sum, { size }) => sum + size, 0)).toBe(361_034);
    expect(Object.keys(net.stateDict())).toEqual(names(net));
  });

  test('of arrays and chains hold the position, own parameters before those of layers inside', () => {
    const stack = new Stack([new Block(), new Block()]);
    expect(names(stack)).toEqual([
      'gains.0',
      'gains.1',
      'blocks.0.scale',
      'blocks.0.inner.weight',
      'blocks.0.inner.bias',
      'blocks.1.scale',
      'blocks.1.inner.weight',
      'blocks.1.inner.bias',
      'head.0.weight',
      'head.0.bias',
      'head.2.0.weight',
    ]);
    expect(modulesOf(stack).join(' ')).toBe(
      ' blocks.0 blocks.0.inner blocks.1 blocks.1.inner head head.0 head.1 head.2 head.2.0',
    );
  });

  test('of shared modules and parameters come once, under the first name', () => {
    const shared = new nn.Linear(2, 2);
    const [first, second] = [new Block(shared), new Block(shared)];
    const stack = new Stack([first, second]);
    expect(names(stack).filter((name) => name.includes('inner'))).toEqual([
      'blocks.0.inner.weight',
      'blocks.0.inner.bias',
    ]);
    Object.assign(second, { scale: first.scale });
    expect(names(stack)).not.toContain('blocks.1.scale');
    expect(new nn.Sequential(first, first).parameters().length).toBe(3);
  });

  test('a chain gives its modules by position and describes its layers', () => {
    const chain = new nn.Sequential(
      new nn.Linear(2, 3),
      new nn.Dropout(0.1),
      new nn.Conv2d(4, 6, 3, { stride: 2, groups: 2 }),
    );
    expect(chain.length).toBe(3);
    expect(chain.at(0)!.describe()).toBe('Linear(2, 3)');
    expect(chain.at(-1)!.describe()).toBe('Conv2d(4, 6, kernel 3×3, stride 2×2, groups 2)');
    expect(chain.at(1)!.describe()).toBe('Dropout(0.1)');
    expect(new nn.Sequential().forward(ones([2])).toArray()).toEqual([1, 1]);
    expect([nn.isModule(chain), nn.isModule({})]).toEqual([true, false]);
  });
});

test('train and eval reach every module inside, and only those', () => {
  const outside = new nn.Dropout(0.5);
  const stack = new Stack([new Block(), new Block()]);
  const modes = () => new Set([...stack.namedModules()].map(([, module]) => module.training));
  expect(modes()).toEqual(new Set([true]));
  expect(stack.eval()).toBe(stack);
  expect(modes()).toEqual(new Set([false]));
  stack.blocks[0]!.train();
  expect([...stack.namedModules()].filter(([, { training }]) => training).map(([name]) => name)).toEqual([
    'blocks.0',
    'blocks.0.inner',
  ]);
  stack.train(true);
  expect(modes()).toEqual(new Set([true]));
  expect(outside.training).toBe(true);
});

describe('state', () => {
  const values = () => ({ weight: tensor([[1, 2]]), bias: tensor([3]) }); // [1, 2] and [1]

  test('is the parameters themselves, and loads into another module of the same shape', () => {
    const [a, b] = [new nn.Linear(2, 1), new nn.Linear(2, 1)];
    expect(a.stateDict().weight).toBe(a.weight);
    b.loadStateDict(a.stateDict());
    expect([...b.weight.data, ...b.bias!.data]).toEqual([...a.weight.data, ...a.bias!.data]);
    a.weight.data[0] = 9;
    expect(b.weight.data[0]).not.toBe(9);
    b.loadStateDict(values());
    expect(b.forward(tensor([[10, 100]])).item()).toBe(213);
  });

  test.each([
    { change: { bias: undefined }, text: 'bias is missing' },
    { change: { extra: tensor(1) }, text: 'extra is not a parameter or buffer of the module' },
    { change: { bias: tensor([1, 2]) }, text: 'bias: expected shape [1], got [2]' },
    { change: { weight: tensor([1, 2]) }, text: 'weight: expected shape [1, 2], got [2]' },
  ])('that does not fit changes nothing and says: $text', ({ change, text }) => {
    const layer = new nn.Linear(2, 1);
    const before = [...layer.weight.data, ...layer.bias!.data];
    const state = Object.fromEntries(
      Object.entries({ ...values(), ...change }).filter(([, value]) => value),
    ) as nn.StateDict;
    expect(() => layer.loadStateDict(state)).toThrow(new ShapeError(`loadStateDict: ${text}`));
    expect([...layer.weight.data, ...layer.bias!.data]).toEqual(before);
  });

  test('names all problems at once', () => {
    expect(() => new nn.Linear(2, 1).loadStateDict({ weight: tensor([1]), more: tensor(1) })).toThrow(
      'loadStateDict: weight: expected shape [1, 2], got [1]; bias is missing; more is not a parameter or buffer of the module',
    );
  });

  test('that is not strict takes what there is, but never a wrong shape', () => {
    const layer = new nn.Linear(2, 1);
    const weight = [...layer.weight.data];
    layer.loadStateDict({ bias: tensor([7]), extra: tensor(1) }, { strict: false });
    expect([...layer.weight.data, ...layer.bias!.data]).toEqual([...weight, 7]);
    expect(() => layer.loadStateDict({ bias: tensor([1, 2]) }, { strict: false })).toThrow(
      /expected shape \[1\], got \[2\]/,
    );
  });

  test('loaded between forward and the reading of its result is an error', () => {
    const layer = new nn.Linear(2, 1);
    const y = layer.forward(ones([1, 2]));
    layer.loadStateDict(values());
    expect(() => y.data).toThrow(/was changed in place after it was used/);
  });
});

test('a parameter is a leaf that requires a gradient, also when made from a computation', () => {
  const parameter = new nn.Parameter(ones([2]).mul(3));
  expect(parameter.requiresGrad).toBe(true);
  parameter.square().sum().backward();
  expect([...parameter.grad!.data]).toEqual([6, 6]);
});
