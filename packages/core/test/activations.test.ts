/** Activations beyond the golden values: state, descriptions, shapes at the edges, and bad input. */
import { F, nn, ShapeError, tensor, zeros } from '@lockstep/core';
import { expect, test } from 'vitest';

test('PReLU starts with slopes of 0.25 and trains them under the name weight', () => {
  const layer = new nn.PReLU({ numParameters: 3 });
  expect([...layer.namedParameters()].map(([name]) => name)).toEqual(['weight']);
  expect([...layer.weight.data]).toEqual([0.25, 0.25, 0.25]);
  expect([...new nn.PReLU({ init: 0.5 }).weight.data]).toEqual([0.5]);
  expect([...new nn.PReLU().forward(tensor([-4, 4])).data]).toEqual([-1, 4]);
});

test('PReLU keeps an infinite positive input from its slope’s gradient', () => {
  const layer = new nn.PReLU();
  layer
    .forward(tensor([Infinity, -2]))
    .sum()
    .backward();
  expect([...layer.weight.grad!.data]).toEqual([-2]);
});

test('scalars and empty tensors go through', () => {
  expect(F.gelu(tensor(0)).shape).toEqual([]);
  expect(F.prelu(tensor(-2), tensor([0.5])).item()).toBe(-1);
  for (const run of [F.silu, F.mish, F.relu6, (x: typeof empty) => F.prelu(x, tensor([0.1]))])
    expect(run(zeros([0, 3])).shape).toEqual([0, 3]);
});
const empty = zeros([0]);

test('layers describe themselves with what they were made with', () => {
  const layers = [
    new nn.LeakyReLU({ negativeSlope: 0.2 }),
    new nn.ELU(),
    new nn.GELU({ approximate: 'tanh' }),
    new nn.Hardtanh({ maxVal: 6 }),
    new nn.Softplus({ beta: 2 }),
    new nn.Softmax(-1),
    new nn.Threshold(0.1, 20),
    new nn.PReLU({ numParameters: 8 }),
    new nn.GLU({ dim: 1 }),
    new nn.Hardshrink(),
    new nn.SiLU(),
  ];
  expect(layers.map((layer) => layer.describe())).toEqual([
    'LeakyReLU(0.2)',
    'ELU(1)',
    'GELU(tanh)',
    'Hardtanh(-1, 6)',
    'Softplus(beta 2, threshold 20)',
    'Softmax(-1)',
    'Threshold(0.1, 20)',
    'PReLU(8)',
    'GLU(1)',
    'Hardshrink(0.5)',
    'SiLU',
  ]);
});

test('shapes that do not fit are ShapeErrors', () => {
  expect(() => F.prelu(zeros([2, 3]), zeros([2]))).toThrow(ShapeError);
  expect(() => new nn.PReLU({ numParameters: 4 }).forward(zeros([2, 3]))).toThrow(
    'prelu: expected a weight of shape [1] or [3] for an input of shape [2, 3], got [4]',
  );
  expect(() => F.glu(zeros([2, 3]))).toThrow('glu: axis 1 must be even to be halved, got shape [2, 3]');
});

test.each<[string, () => unknown, RegExp]>([
  [
    'a slope',
    () => new nn.LeakyReLU({ negativeSlope: Number.NaN }),
    /LeakyReLU: negativeSlope must be a finite number/,
  ],
  ['an alpha', () => F.elu(empty, { alpha: Infinity }), /elu: alpha must be a finite number, got Infinity/],
  ['an approximation', () => new nn.GELU({ approximate: 'erf' as 'tanh' }), /must be 'none' or 'tanh', got erf/],
  ['beta', () => new nn.Softplus({ beta: 0 }), /Softplus: beta must not be 0/],
  ['bounds', () => new nn.Hardtanh({ minVal: 1, maxVal: 1 }), /maxVal must be above minVal, got 1 to 1/],
  ['lambd', () => F.softshrink(empty, { lambd: -1 }), /softshrink: lambd must be ≥ 0, got -1/],
  ['a number of slopes', () => new nn.PReLU({ numParameters: 0 }), /PReLU: numParameters must be an integer ≥ 1/],
  ['an axis', () => new nn.Softmax(0.5), /Softmax: dim must be a whole number, got 0.5/],
  ['an axis that does not exist', () => F.softmax(empty, 1), /softmax: axis 1 does not exist/],
])('%s out of range is a RangeError', (_, run, text) => {
  expect(run).toThrow(RangeError);
  expect(run).toThrow(text);
});
