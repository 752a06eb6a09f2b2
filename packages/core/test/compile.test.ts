/** Programs: the same bits for every cut of the batch and every order of tasks, and the bits of eager computation. */
import {
  crossEntropy,
  F,
  inputTensor,
  manualSeed,
  nn,
  SGD,
  shardBounds,
  type Tensor,
  tensor,
  traceWith,
} from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { programOf } from './program.ts';
import {
  inputs,
  type Model,
  type Order,
  type SmallNet,
  samples,
  smallModel,
  trainCompiled,
  trainEager,
} from './training-run.ts';

const shardCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describe('a training program (forward, loss, gradients, updates) of 10 samples', () => {
  test.each(['SGD', 'Adam'] as const)('has the same bits for 1 to 10 shards, with dropout and %s', (kind) => {
    const whole = trainCompiled(smallModel(0.25, kind), { shards: 1 });
    expect(whole.length).toBe(3 * (1 + 76 + 342 + 627 + 165 + 0));
    expect(whole.every(Number.isFinite)).toBe(true);
    for (const shards of shardCounts)
      expectBitsEqual(trainCompiled(smallModel(0.25, kind), { shards }), whole, `${shards} shards`);
  });

  test('has the bits of eager training, whose second step uses the new weights', () => {
    expectBitsEqual(trainCompiled(smallModel(0), { shards: 3 }), trainEager(smallModel(0)), 'compiled and eager');
  });

  test('has the dropout masks of an eager first step under the same seed', () => {
    const compiled = trainCompiled(smallModel(0.5), { shards: 4, steps: 1 });
    expectBitsEqual(compiled, trainEager(smallModel(0.5), 1), 'compiled and eager');
    expect(compiled[0]).not.toBe(trainCompiled(smallModel(0), { shards: 4, steps: 1 })[0]);
  });

  test('learns: the loss on one batch falls', () => {
    const model = smallModel(0);
    const { module, shape, loss, optimizer } = model;
    const values = inputs(model, 0);
    const [x, targets] = [tensor(values.x, { shape: [samples, ...shape] }), tensor(values.targets, { dtype: 'i32' })];
    const before = loss(x, targets).item();
    trainCompiled({ module, shape, loss: () => loss(x, targets), optimizer }, { shards: 1, steps: 30 });
    expect(loss(x, targets).item()).toBeLessThan(before / 2);
  });

  test('has the same bits whatever the order of the tasks within each phase', () => {
    const expected = trainCompiled(smallModel(0.25), { shards: 7, steps: 2 });
    const keys = fc.array(fc.double({ noNaN: true, min: 0, max: 1 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(keys, (keysOfTasks) => {
        const order: Order = (tasks) =>
          Array.from({ length: tasks }, (_, i) => i).sort((a, b) => keysOfTasks[a % 40]! - keysOfTasks[b % 40]!);
        expectBitsEqual(trainCompiled(smallModel(0.25), { shards: 7, steps: 2, order }), expected, 'shuffled tasks');
      }),
      { numRuns: 12, seed: 1 },
    );
  });
});

describe('a parameter that is read and updated in one step', () => {
  const backwards: Order = (tasks) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);

  test.each([1, 2])(
    'is read before it changes, in any order of tasks: batch %i, nothing or everything split',
    (batch) => {
      const model = () => ({ ...smallModel(0), batch });
      const eager = trainEager(model());
      for (const order of [undefined, backwards])
        expectBitsEqual(trainCompiled(model(), { shards: batch, order }), eager, 'compiled and eager');
    },
  );

  test('also where it is read long after its gradient is known', () => {
    const model = (): Model => {
      const { module, ...rest } = smallModel(0);
      const late = (y: Tensor): Tensor => {
        // Four sums over the batch, one after the other, then the weights again, without a gradient.
        const depth = [0, 1, 2, 3].reduce((value) => value.sub(value.mean(0)).tanh(), y.detach());
        return depth
          .matmul((module as SmallNet).fc2.weight.detach())
          .mean()
          .mul(0.5);
      };
      const loss = (x: Tensor, targets: Tensor<'i32'>) => {
        const y = module.forward(x) as Tensor;
        return crossEntropy(y, targets).add(late(y).detach());
      };
      return { ...rest, module, loss };
    };
    const eager = trainEager(model());
    for (const order of [undefined, backwards])
      expectBitsEqual(trainCompiled(model(), { shards: 3, order }), eager, 'compiled and eager');
  });
});

/** Models whose parameters reach the loss in ways that an update cannot be fused with. */
class TwoUses extends nn.Module {
  readonly shared = new nn.Linear(6, 6);
  override forward(x: Tensor): Tensor {
    return this.shared.forward(this.shared.forward(x).tanh());
  }
}
/** Both parameters have one gradient. */
class SumOfTwo extends nn.Module {
  readonly left = new nn.Parameter(tensor(hashUniform('left', 30), { shape: [6, 5] }));
  readonly right = new nn.Parameter(tensor(hashUniform('right', 30), { shape: [6, 5] }));
  override forward(x: Tensor): Tensor {
    return x.matmul(this.left.add(this.right));
  }
}
class Weighted extends nn.Module {
  readonly weight: nn.Parameter;
  readonly #use: (x: Tensor, weight: Tensor) => Tensor;
  constructor(shape: readonly number[], use: (x: Tensor, weight: Tensor) => Tensor) {
    super();
    const count = shape.reduce((a, b) => a * b, 1);
    this.weight = new nn.Parameter(tensor(hashUniform('weighted', count), { shape }));
    this.#use = use;
  }
  override forward(x: Tensor): Tensor {
    return this.#use(x, this.weight);
  }
}

const models: Readonly<Record<string, () => nn.Module>> = {
  'used by two layers': () => new TwoUses(),
  'with the gradient of another': () => new SumOfTwo(),
  'seen through an elementwise operation': () => new Weighted([6, 5], (x, w) => x.matmul(w.mul(2).tanh())),
  'seen through a reshape': () => new Weighted([30], (x, w) => x.matmul(w.reshape([6, 5]))),
  'seen through rows of a slice': () => new Weighted([8, 5], (x, w) => x.matmul(w.slice([{ start: 2 }]))),
  'seen through detach too': () => new Weighted([6, 5], (x, w) => x.matmul(w).add(x.matmul(w.detach()))),
  'seen through a transposition': () => new Weighted([5, 6], (x, w) => x.matmul(w.transpose(0, 1))),
  'of more rows than a tile': () => new Weighted([70, 6], (x, w) => F.linear(x, w).slice([null, { end: 5 }])),
  'multiplied from the right, in panels': () => new Weighted([6, 37], (x, w) => x.matmul(w).tanh()),
  'broadcast over the batch': () => new Weighted([1, 6], (x, w) => x.mul(w).add(w)),
  'one number': () => new Weighted([], (x, w) => x.mul(w)),
  'of a whole-batch product': () =>
    new Weighted([6, 5], (x, w) => x.transpose(0, 1).matmul(x).matmul(w).sum(0).add(x.matmul(w))),
};

describe.each(Object.entries(models))('a parameter %s', (_name, build) => {
  const model = (): Model => {
    manualSeed(3);
    const module = build();
    const optimizer = new SGD(module.parameters(), { lr: 0.05, momentum: 0.5 });
    return { module, shape: [6], loss: (x, targets) => crossEntropy(module.forward(x), targets), optimizer };
  };

  test('is trained as in eager mode, bit for bit, for 1, 3 and 10 shards', () => {
    const eager = trainEager(model(), 4);
    for (const shards of [1, 3, 10])
      expectBitsEqual(trainCompiled(model(), { shards, steps: 4 }), eager, `${shards} shards`);
  });
});

describe('operations on the whole batch', () => {
  const graphs: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    'x minus its mean over the batch': (x) => x.sub(x.mean(0)).square().mean(1),
    'a normalisation by batch statistics between two layers': (x) => {
      const centred = x.exp().sub(x.exp().mean(0, { keepDims: true }));
      return centred.div(centred.square().mean(0, { keepDims: true }).add(0.1).sqrt()).softmax();
    },
    'a softmax over the batch': (x) => x.softmax(0).mul(x),
    'a product of the batch with itself': (x) => x.matmul(x.transpose(0, 1)).relu(),
    'rows in another order': (x) => x.slice([{ start: 1, step: 3 }]).sum(1),
    'the batch joined with itself': (x) => x.maximum(0).reshape([20, 3]).mean(1).reshape([10, 2]),
    'the maximum and its place': (x) => x.amax(0).add(x.argmax(0).to('f32')).add(x),
  };

  test.each(Object.entries(graphs))('%s is the same for 1 to 10 shards, and as in eager mode', (_name, graph) => {
    const values = hashUniform('whole batch', 60, 2);
    const expected = graph(tensor(values, { shape: [10, 6] })).data as Float32Array;
    for (const shards of shardCounts) {
      const x = inputTensor('x', { shape: [10, 6], dtype: 'f32' });
      const y = traceWith(1, () => graph(x));
      const program = programOf([x, y], { batch: 10, shards });
      program.data(x).set(values);
      program.step(0);
      expectBitsEqual(program.data(y) as Float32Array, expected, `${shards} shards`);
    }
  });

  test('a chain of operations on samples is one phase, and a sum over the batch starts another', () => {
    const x = inputTensor('x', { shape: [10, 6], dtype: 'f32' });
    const chain = x.exp().relu().add(1).softmax();
    expect(programOf([x, chain], { batch: 10, shards: 5 })).toMatchObject({ phases: 1, tasks: 5 });
    expect(programOf([x, chain.sum(0)], { batch: 10, shards: 5 })).toMatchObject({ phases: 2, tasks: 6 });
  });
});

test('shards are as equal as whole samples allow, larger ones first, and at most one per sample', () => {
  expect(shardBounds(10, 3)).toEqual([0, 4, 7, 10]);
  expect(shardBounds(10, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(shardBounds(3, 7)).toEqual([0, 1, 2, 3]);
  expect(shardBounds(1, 1)).toEqual([0, 1]);
  expect(shardBounds(8, 0)).toEqual([0, 8]);
});

test('an image and the same image with a leading axis of one meet in logical order', () => {
  const values = hashUniform('leading axis', 60);
  const imageOf = (x: Tensor) => F.conv2d(x, tensor(hashUniform('leading axis/weight', 12), { shape: [3, 2, 1, 2] }));
  const meet = (image: Tensor) => image.unsqueeze(0).maximum(image.tanh());
  const x = inputTensor('x', { shape: [5, 2, 2, 3], dtype: 'f32' });
  const result = traceWith(0, () => meet(imageOf(x)));
  const program = programOf([x, result], { batch: 5, shards: 2 });
  program.data(x).set(values);
  program.step(0);
  // Stored, the image is in logical order; so nothing can be mixed up.
  const image = imageOf(tensor(values, { shape: [5, 2, 2, 3] }));
  expectBitsEqual(program.data(result), meet(tensor(image.data, { shape: image.shape })).data);
});
