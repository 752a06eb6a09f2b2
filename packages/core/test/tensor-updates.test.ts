/**
 * Gradients of parameters that come out of tensor operations directly: their pieces and the optimizer's update share a task where they
 * can, and give the bits of eager steps for any shards and any order of tasks.
 */
import { cat, einsum, gradients, inputTensor, nn, SGD, type Tensor, tensor, where } from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { fullNode } from '../src/ops/source.ts';
import { hyperBlock, programOf } from './program.ts';

const [rows, columns, batch] = [96, 64, 6];
const size = rows * columns;
const numbers = (count: number, below: number) =>
  tensor(
    Int32Array.from({ length: count }, (_, i) => (i * i + 3 * i) % below),
    { dtype: 'i32' },
  );
const factor = tensor(hashUniform('updates/factor', size), { shape: [rows, columns] });

/** What is made of a parameter of 96 × 64: several pieces each way. */
const uses: Readonly<Record<string, (w: Tensor) => Tensor>> = {
  t: (w) => w.t(),
  flip: (w) => w.flip([0, 1]),
  roll: (w) => w.roll([5, -3], [0, 1]),
  'every third row': (w) => w.index([{ start: -1, step: -3 }]),
  'every third column': (w) => w.index([null, { step: 3 }]),
  repeat: (w) => w.repeat([2, 1]),
  cat: (w) => cat([w, w.tanh()], 1),
  where: (w) => where(factor.gt(0), w, 0.5),
  clamp: (w) => w.clamp({ min: -0.25, max: 0.5 }),
  pow: (w) => w.abs().add(1).pow(1.5),
  sin: (w) => w.sin(),
  tril: (w) => w.tril(3),
  'cumsum of rows': (w) => w.cumsum(0),
  'cumsum of columns': (w) => w.cumsum(1),
  cumprod: (w) => w.add(1).cumprod(1),
  prod: (w) => w.mul(2).prod(1),
  sort: (w) => w.sort(0).values,
  max: (w) => w.max(1).values,
  'norm of rows': (w) => w.norm(2, 1),
  var: (w) => w.var(0),
  logsumexp: (w) => w.logsumexp(1),
  indexSelect: (w) => w.indexSelect(0, numbers(70, rows)),
  gather: (w) => w.gather(1, numbers(rows * 9, columns).reshape([rows, 9])),
  scatterAdd: (w) => w.scatterAdd(0, numbers(2 * columns, rows).reshape([2, columns]), factor),
  einsum: (w) => einsum('ij,kj->ik', w, factor),
};

const lossOf = (w: Tensor, x: Tensor, use: (w: Tensor) => Tensor) => {
  const y = use(w);
  const weights = tensor(hashUniform('updates/weights', y.size), { shape: y.shape });
  return y.mul(weights).mean().mul(x.mean()).mul(100);
};
const newParameter = () => new nn.Parameter(tensor(hashUniform('updates/w', size), { shape: [rows, columns] }));
const inputOf = (step: number) => hashUniform(`updates/x/${step}`, batch).map((value) => value + 2);
const options = { lr: 0.1, momentum: 0.9 };

function eager(use: (w: Tensor) => Tensor): Float32Array {
  const w = newParameter();
  const optimizer = new SGD([w], options);
  for (let step = 0; step < 2; step++) {
    optimizer.zeroGrad();
    lossOf(w, tensor(inputOf(step), { shape: [batch, 1] }), use).backward();
    optimizer.step();
  }
  return w.data.slice();
}

function compiled(use: (w: Tensor) => Tensor, shards: number): Float32Array {
  const w = newParameter();
  const optimizer = new SGD([w], options);
  const x = inputTensor('x', { shape: [batch, 1], dtype: 'f32' });
  const loss = lossOf(w, x, use);
  const [gradient] = gradients(loss.node, fullNode([], 1), [w.node]);
  const hyper = hyperBlock(optimizer.hyper(0));
  const program = programOf([x, loss], { batch, shards, updates: optimizer.updateNodes(w, gradient!, hyper.address) });
  for (let step = 0; step < 2; step++) {
    program.data(x).set(inputOf(step));
    hyper.set(optimizer.hyper(step));
    program.step(step, (tasks) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i));
  }
  return w.data.slice();
}

test.each(Object.keys(uses))('two steps through %s', (name) => {
  const expected = eager(uses[name]!);
  for (const shards of [1, 3]) expectBitsEqual(compiled(uses[name]!, shards), expected, `${shards} shards`);
  const start = newParameter().data;
  expect(expected.some((value, i) => value !== start[i])).toBe(true);
});
