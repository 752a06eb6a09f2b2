/** Layers in training: the same bits for any cut of the batch and any order of tasks, compiled or eager. */
import { crossEntropy, manualSeed, nn, SGD, type Tensor } from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { type Model, trainCompiled, trainEager } from './training-run.ts';

/** Every normalisation of single samples: weight gradients are sums over the whole batch. */
class NormNet extends nn.Module {
  readonly conv = new nn.Conv2d(2, 6, 3, { padding: 1 });
  readonly group = new nn.GroupNorm(3, 6);
  readonly instance = new nn.InstanceNorm2d(6, { affine: true, trackRunningStats: true });
  readonly image = new nn.LayerNorm([6, 5, 5]);
  readonly fc = new nn.Linear(150, 21);
  readonly row = new nn.LayerNorm(21);
  readonly rms = new nn.RMSNorm([3, 7]);
  readonly out = new nn.Linear(21, 5);
  override forward(x: Tensor): Tensor {
    const image = this.instance.forward(this.group.forward(this.conv.forward(x)).relu());
    const row = this.row.forward(this.fc.forward(this.image.forward(image).flatten(1)).relu());
    return this.out.forward(this.rms.forward(row.reshape([-1, 3, 7])).flatten(1));
  }
}

function modelOf(make: () => nn.Module, shape: readonly number[]): Model {
  manualSeed(3);
  const module = make();
  const optimizer = new SGD(module.parameters(), { lr: 0.1, momentum: 0.9 });
  const loss = (x: Tensor, targets: Tensor<'i32'>) => crossEntropy(module.forward(x), targets);
  return { module, shape, loss, optimizer };
}

const models: readonly { readonly name: string; readonly model: () => Model }[] = [
  { name: 'normalisation', model: () => modelOf(() => new NormNet(), [2, 5, 5]) },
];

describe.each(models)('$name', ({ model }) => {
  const expected = trainEager(model());

  test.each([1, 3, 7])('has the bits of eager steps for %i shards', (shards) => {
    expectBitsEqual(trainCompiled(model(), { shards }), expected, `${shards} shards`);
  });

  test('does not depend on the order of tasks', () => {
    const backwards = (tasks: number) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);
    expectBitsEqual(trainCompiled(model(), { shards: 4, order: backwards, fused: true }), expected);
    expect(expected.every(Number.isFinite)).toBe(true);
  });
});
