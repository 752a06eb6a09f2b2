/**
 * Graphs of random operations: the compiled program, for any cut of the batch and any order of tasks, has the bits of eager
 * computation, for results and for gradients of parameters.
 */
import {
  cat,
  einsum,
  F,
  gradients,
  inputTensor,
  manualSeed,
  nn,
  ShapeError,
  stack,
  Tensor,
  tensor,
  traceWith,
  where,
} from '@lockstep/core';
import { expectBitsEqual, hashUniform } from '@lockstep/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fullNode } from '../src/ops/source.ts';
import { programOf } from './program.ts';

const batch = 10;

/** Adds one operation on earlier values; throws ShapeError or RangeError where it does not fit. */
type Step = (a: Tensor, b: Tensor, n: number) => Tensor;
const axisOf = (a: Tensor, n: number) => n % Math.max(1, a.rank);
const shapes = [[10, 6], [10, 2, 3], [20, 3], [60], [30, 2], [6, 10], [5, 12], [10, 1, 2, 3], [10, 3, 2, 1]]; // biome-ignore format: shapes

const image = (a: Tensor) => (a.rank === 4 ? a : a.reshape([batch, -1, 2, 1]));

const steps: Readonly<Record<string, Step>> = {
  tanh: (a) => a.tanh(),
  relu: (a) => a.relu(),
  sigmoid: (a) => a.sigmoid(),
  'add a number': (a, _b, n) => a.add(n / 8),
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  maximum: (a, b) => a.maximum(b),
  'sum of an axis': (a, _b, n) => a.sum(axisOf(a, n)).tanh(),
  'mean of an axis': (a, _b, n) => a.mean(axisOf(a, n), { keepDims: true }),
  'maximum of an axis': (a, _b, n) => a.amax(axisOf(a, n)),
  'sum of all but the first axis': (a) => a.sum(a.shape.map((_, axis) => axis).slice(1)).tanh(),
  softmax: (a, _b, n) => a.softmax(axisOf(a, n)),
  reshape: (a, _b, n) => a.reshape(shapes[n % shapes.length]!),
  reverse: (a) => a.permute(a.shape.map((_, axis) => a.rank - 1 - axis)),
  'swap the last axes': (a) => a.transpose(-1, -2),
  'every other': (a, _b, n) => a.slice(a.shape.map((_, axis) => (axis === axisOf(a, n) ? { step: 2 } : null))),
  'without the first': (a, _b, n) => a.slice(a.shape.map((_, axis) => (axis === axisOf(a, n) ? { start: 1 } : null))),
  cat: (a, b, n) => cat([a, b], axisOf(a, n)),
  matmul: (a, b) => a.matmul(b).tanh(),
  unsqueeze: (a, _b, n) => a.unsqueeze(axisOf(a, n)),
  dropout: (a, _b, n) => F.dropout(a, { p: 0.25, scope: n % 7 === 0 ? 'sample' : 'sample' }),
  convolution: (a) =>
    F.conv2d(
      image(a),
      image(a)
        .detach()
        .slice([{ end: 3 }])
        .tanh(),
      { padding: 2 },
    ),
  'convolution by a value': (a, b) => {
    const x = image(a);
    return F.conv2d(x, b.reshape([-1, x.shape[1]!, 1, 2]), { padding: 1, stride: [1, 2] }).tanh();
  },
  'convolution in groups': (a, b, n) => {
    const x = image(a);
    const groups = 1 + (n % 3);
    return F.conv2d(x, b.reshape([-1, x.shape[1]! / groups, 2, 1]), { padding: 1, groups }).tanh();
  },
  'maximum pooling': (a) => F.maxPool2d(image(a), { kernelSize: 2, stride: 1, padding: 1 }),
  'average pooling': (a) => F.avgPool2d(image(a), { kernelSize: [2, 1], stride: 1 }),
  'batch normalisation': (a, _b, n) => F.batchNorm(n % 2 === 0 ? image(a) : a, { training: true, eps: 0.1 }),
  'normalisation and ReLU': (a) => F.batchNorm(a, { training: true, eps: 0.1 }).relu(),
  detach: (a) => a.detach(),
};
/** The rest of the tensor API; graphs of it have some of the steps above between. */
const moreSteps: Readonly<Record<string, Step>> = {
  'a power': (a, _b, n) =>
    a
      .abs()
      .add(0.5)
      .pow((n - 15) / 8),
  'a power of a tensor': (a, b) => a.abs().add(0.5).pow(b.tanh()),
  sine: (a) => a.mul(3).sin(),
  'error function': (a) => a.erf(),
  'round to eighths': (a) => a.add(a.mul(8).round().div(8)),
  'rest of a division': (a, b) => a.remainder(b.abs().add(0.25)),
  clamp: (a, _b, n) => a.clamp(n % 2 === 0 ? { min: -0.25, max: 0.5 } : { max: 0.25 }),
  'clamp to a tensor': (a, b) => a.clamp({ min: b }),
  'choose by comparison': (a, b) => where(a.gt(b), a, b.mul(0.5)),
  'choose a number': (a, b, n) => a.where(b.lt(0.1), n / 16),
  'fill where less': (a, b) => a.maskedFill(b.le(a), 0.125),
  lerp: (a, b, n) => a.lerp(b, n / 30),
  stack: (a, b, n) => stack([a, b, a], n % (a.rank + 1)),
  roll: (a, _b, n) => (n % 5 === 0 ? a.roll(n) : a.roll(n, axisOf(a, n))),
  flip: (a, _b, n) => a.flip(n % 3 === 0 ? [0, -1] : axisOf(a, n)),
  repeat: (a, _b, n) => a.repeat(a.shape.map((_, axis) => (axis === axisOf(a, n) ? 2 : 1))),
  tile: (a, _b, n) => a.tile([1 + (n % 2), 2]),
  index: (a, _b, n) =>
    a.index([...new Array(axisOf(a, n)).fill(null), n % 2 === 0 ? 0 : { start: -1, step: -2 }, '...']),
  'variance of an axis': (a, _b, n) => a.var(axisOf(a, n), { correction: n % 2 }),
  'norm of an axis': (a, _b, n) => a.norm([1, 2, 3, Number.POSITIVE_INFINITY][n % 4]!, axisOf(a, n)).tanh(),
  'log-sum-exp': (a, _b, n) => a.logsumexp(axisOf(a, n), { keepDims: n % 3 === 0 }).tanh(),
  'product of an axis': (a, _b, n) => a.prod(axisOf(a, n)),
  'least of an axis': (a, _b, n) => a.amin(axisOf(a, n)),
  'greatest and its place': (a, _b, n) => {
    const { values, indices } = a.max(axisOf(a, n), { keepDims: true });
    return values.add(indices.div(10).tanh());
  },
  sort: (a, _b, n) => a.sort(axisOf(a, n), { descending: n % 2 === 0 }).values,
  'order of an axis': (a, _b, n) => a.add(a.argsort(axisOf(a, n)).div(8).sin()),
  'the first three': (a, _b, n) => a.topk(Math.min(3, a.shape[axisOf(a, n)] ?? 1), { axis: axisOf(a, n) }).values,
  'running sum': (a, _b, n) => a.cumsum(axisOf(a, n)).tanh(),
  'running product': (a, _b, n) => a.cumprod(axisOf(a, n)).tanh(),
  'any and all': (a, b, n) => a.mul(b.gt(0).any(axisOf(b, n), { keepDims: true })).add(b.lt(9).all(axisOf(b, n), { keepDims: true })), // biome-ignore format: one line
  gather: (a, _b, n) => a.gather(axisOf(a, n), a.argsort(axisOf(a, n))),
  'look up in a table': (a, b) =>
    b.indexSelect(
      0,
      a
        .flatten()
        .abs()
        .mul(3)
        .floor()
        .to('i32')
        .fmod(b.shape[0] ?? 1)
        .to('i32'),
    ),
  'rows by a list': (a, _b, n) => a.indexSelect(axisOf(a, n), tensor([0, 0], { dtype: 'i32' })),
  scatter: (a, _b, n) => a.scatter(axisOf(a, n), a.argsort(axisOf(a, n)), a.tanh()),
  'scatter and add': (a, _b, n) =>
    a.scatterAdd(
      axisOf(a, n),
      a
        .gt(0)
        .to('i32')
        .fmod(a.shape[axisOf(a, n)] ?? 1)
        .to('i32'),
      a.tanh(),
    ),
  'add to rows': (a, b, n) => b.indexAdd(0, a.sum(a.shape.map((_, axis) => axis).slice(1)).gt(n / 8).to('i32').reshape([-1]), b.index([0]).expand([a.shape[0] ?? 1, ...b.shape.slice(1)]).tanh()), // biome-ignore format: one line
  triangle: (a, _b, n) => (n % 2 === 0 ? a.tril(n % 3) : a.triu(-(n % 3))),
  diagonal: (a, _b, n) => a.diagonal(n % 2, n % a.rank, (n + 1) % a.rank),
  'outer product': (a, b) =>
    a
      .flatten()
      .index([{ end: 20 }])
      .outer(b.flatten().index([{ end: 9 }])),
  'einsum to matrices': (a, b) => einsum('...ij,...kj->...ik', a, b).tanh(),
  'einsum over samples': (a, b) => einsum('b...,b...->b', a, b).tanh(),
  'the last pieces': (a, _b, n) => cat(a.chunk(3, axisOf(a, n)).reverse(), axisOf(a, n)),
};
const between = [
  'tanh',
  'add',
  'mul',
  'sum of an axis',
  'every other',
  'reverse',
  'cat',
  'matmul',
  'unsqueeze',
  'detach',
];
const allSteps = { ...steps, ...moreSteps };

interface Instruction {
  readonly name: string;
  readonly a: number;
  readonly b: number;
  readonly n: number;
}
const instruction = (names: readonly string[]): fc.Arbitrary<Instruction> =>
  fc.record({ name: fc.constantFrom(...names), a: fc.nat(30), b: fc.nat(30), n: fc.nat(30) });

/** All values of the graph; instructions that do not fit are left out. `used` counts those that do. */
function build(list: readonly Instruction[], given: readonly Tensor[], used: Map<string, number>): Tensor[] {
  const values = [...given];
  for (const { name, a, b, n } of list) {
    // Recent values are taken more often, so that chains become long.
    const pick = (index: number) => values[values.length - 1 - (index % values.length)]!;
    try {
      const value = allSteps[name]!(pick(a % 3), pick(b), n);
      if (value.size === 0 || value.size > 3000 || value.rank > 5) continue;
      values.push(value);
      used.set(name, (used.get(name) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof ShapeError || error instanceof RangeError)) throw error;
    }
  }
  return values;
}

/** Everything that does not depend on anything else, as a number. */
function lossOf(values: readonly Tensor[], given: number): Tensor {
  return values
    .slice(given)
    .reduce((sum, value) => sum.add(value.tanh().mean()), values[1]!.mean().add(values[2]!.mean()));
}

const xValues = hashUniform('random graphs', 60);
const newParameters = () => [
  new nn.Parameter(tensor(hashUniform('random graphs/matrix', 36), { shape: [6, 6] })),
  new nn.Parameter(tensor(hashUniform('random graphs/row', 6))),
];

function eager(list: readonly Instruction[], used: Map<string, number>): Float32Array[] {
  manualSeed(7);
  const parameters = newParameters();
  const values = build(list, [tensor(xValues, { shape: [batch, 6] }), ...parameters], used);
  const loss = lossOf(values, 3);
  loss.backward();
  return [...values.slice(3), loss, ...parameters.map(({ grad }) => grad!)].map((value) => value.data.slice());
}

function compiled(list: readonly Instruction[], shards: number, reverse: boolean): Float32Array[] {
  const x = inputTensor('x', { shape: [batch, 6], dtype: 'f32' });
  const parameters = newParameters();
  const { values, loss } = traceWith(7, () => {
    const all = build(list, [x, ...parameters], new Map());
    return { values: all.slice(3), loss: lossOf(all, 3) };
  });
  const nodes = gradients(
    loss.node,
    fullNode([], 1),
    parameters.map(({ node }) => node),
  );
  const outputs = [...values, loss, ...nodes.map((node) => new Tensor(node!))];
  const program = programOf([x, ...outputs], { batch, shards });
  program.data(x).set(xValues);
  program.step(0, reverse ? (tasks) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i) : undefined);
  return outputs.map((output) => program.data(output));
}

/** Fewer outputs: only the loss and the gradients, so that values between live in scratch and share memory. */
function compiledEnds(list: readonly Instruction[], shards: number): Float32Array[] {
  const x = inputTensor('x', { shape: [batch, 6], dtype: 'f32' });
  const parameters = newParameters();
  const loss = traceWith(7, () => lossOf(build(list, [x, ...parameters], new Map()), 3));
  const nodes = gradients(
    loss.node,
    fullNode([], 1),
    parameters.map(({ node }) => node),
  );
  const outputs = [loss, ...nodes.map((node) => new Tensor(node!))];
  const program = programOf([x, ...outputs], { batch, shards });
  for (const step of [1, 0]) {
    program.data(x).set(xValues);
    program.step(step);
  }
  return outputs.map((output) => program.data(output));
}

test.each([
  { names: Object.keys(steps), title: 'layers and arithmetic', runs: 250 },
  { names: [...Object.keys(moreSteps), ...between], title: 'the rest of the tensor API', runs: 150 },
])('$runs random graphs of $title have the bits of eager computation, for 1, 3 and 10 shards', ({ names, runs }) => {
  const used = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(instruction(names), { minLength: 4, maxLength: 24 }), fc.boolean(), (list, reverse) => {
      const expected = eager(list, used);
      for (const shards of [1, 3, 10]) {
        compiled(list, shards, reverse).forEach((value, i) => {
          expectBitsEqual(value, expected[i]!, `value ${i} of ${expected.length}, ${shards} shards`);
        });
        const ends = expected.slice(-3);
        compiledEnds(list, shards).forEach((value, i) => {
          expectBitsEqual(value, ends[i]!, `end ${i}, ${shards} shards`);
        });
      }
    }),
    { numRuns: runs, seed: 9 },
  );
  expect(names.filter((name) => (used.get(name) ?? 0) < 5)).toEqual([]);
});
