/** Where the planner expects exact zeros, and that products which skip them keep the bits. */
import { F, gradients, inputTensor, manualSeed, nn, realize, Tensor, tensor } from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { mayBeSparse } from '../src/graph/sparsity.ts';
import { fullNode } from '../src/ops/source.ts';
import { programOf } from './program.ts';

const x = tensor(hashUniform('sparsity', 64), { shape: [4, 16] });

test.each([
  ['relu', (v: Tensor) => F.relu(v)],
  ['relu6', (v: Tensor) => F.relu6(v)],
  ['hardtanh from 0', (v: Tensor) => F.hardtanh(v, { minVal: 0, maxVal: 3 })],
  ['threshold to 0', (v: Tensor) => F.threshold(v, 0.1, 0)],
  ['a wide hardshrink', (v: Tensor) => F.hardshrink(v, { lambd: 1 })],
  ['relu6 under another shape', (v: Tensor) => F.relu6(v).reshape([2, -1])],
] as const)('%s leaves zeros, and so does its gradient', (_, run) => {
  const y = run(x);
  expect(mayBeSparse(y.node)).toBe(true);
  expect(mayBeSparse(gradients(y.node, tensor(hashUniform('dy', y.size), { shape: y.shape }).node, [x.node])[0]!)).toBe(
    true,
  );
});

test.each([
  ['leakyRelu', (v: Tensor) => F.leakyRelu(v)],
  ['hardtanh', (v: Tensor) => F.hardtanh(v)],
  ['threshold to 1', (v: Tensor) => F.threshold(v, 0, 1)],
  ['threshold at −2', (v: Tensor) => F.threshold(v, -2, 0)],
  ['a narrow hardshrink', (v: Tensor) => F.hardshrink(v)],
  ['hardswish', (v: Tensor) => F.hardswish(v)],
  ['gelu', (v: Tensor) => F.gelu(v)],
  ['hardshrink, then gelu', (v: Tensor) => F.gelu(F.hardshrink(v, { lambd: 1 }))],
] as const)('%s leaves none', (_, run) => {
  expect(mayBeSparse(run(x).node)).toBe(false);
});

test('a network with ReLU6 skips its zeros and has the bits of one whose planner does not know them', () => {
  manualSeed(3);
  const [first, second] = [new nn.Linear(16, 256), new nn.Linear(256, 64)];
  const weights = [first.weight, second.weight].map(({ node }) => node);
  const forward = (input: Tensor, hide: boolean) => {
    const hidden = F.relu6(first.forward(input));
    return second.forward(hide ? hidden.mul(tensor(new Float32Array(256).fill(1))) : hidden);
  };
  const values = [false, true].map((hide) => {
    const input = inputTensor('x', { shape: [4, 16], dtype: 'f32' });
    const y = forward(input, hide);
    expect(y.node.op.explain!(y.node).startsWith('about half zeros')).toBe(!hide);
    const loss = y.square().sum();
    const nodes = gradients(loss.node, fullNode([], 1), weights);
    const results = [y, ...nodes.map((node) => new Tensor(node!))];
    const program = programOf([input, ...results], { batch: 4, shards: 2 });
    program.data(input).set(x.data);
    program.step(0);
    return results.map((result) => program.data(result).slice());
  });
  values[0]!.forEach((value, i) => {
    expectBitsEqual(value, values[1]![i]!, `result ${i}`);
  });
  const eager = forward(x, false);
  realize([eager.node]);
  expectBitsEqual(values[0]![0]!, eager.data.slice(), 'eager');
});
