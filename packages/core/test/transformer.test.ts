/** Transformer layers: where dropout is, names of parameters, copies, positions, and bad input. */
import { F, manualSeed, nn, ShapeError, tensor, tensorsOf, traceWith } from '@lockstep/core';
import { expectBitsEqual, expectClose, hashUniform } from '@lockstep/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { topologicalOrder } from '../src/graph/node.ts';

const rows = (name: string, ...shape: number[]) =>
  tensor(
    hashUniform(
      name,
      shape.reduce((a, b) => a * b, 1),
    ),
    { shape },
  );
const x = rows('x', 2, 3, 4);
const memory = rows('memory', 2, 5, 4);

describe('dropout', () => {
  afterEach(() => void vi.restoreAllMocks());

  test.each([
    ['encoder', () => new nn.TransformerEncoderLayer(4, 2, { dropout: 0.5 }).forward(x), 3, 1],
    ['decoder', () => new nn.TransformerDecoderLayer(4, 2, { dropout: 0.5 }).forward(x, memory), 4, 2],
  ] as const)(
    'is in the %s where PyTorch has it: every part, the activation, and attention weights',
    (_, run, calls, heads) => {
      const order = traceWith(1, () => topologicalOrder([run().node]));
      expect(order.filter(({ op }) => op.name === 'dropout').length).toBe(calls);
      const attention = order.filter(({ op }) => op.name === 'attention');
      expect(attention.length).toBe(heads);
      for (const { attrs } of attention) expect(attrs.dropout).toBeDefined();
    },
  );

  test('of everything leaves the residual stream: x itself with normFirst, else its normalisations', () => {
    // A p of 1 is told.
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const all = { dropout: 1, dimFeedforward: 3 };
    expectBitsEqual(new nn.TransformerEncoderLayer(4, 2, { ...all, normFirst: true }).forward(x).data, x.data);
    expectBitsEqual(new nn.TransformerDecoderLayer(4, 2, { ...all, normFirst: true }).forward(x, memory).data, x.data);
    const twice = F.layerNorm(F.layerNorm(x, 4), 4);
    expectClose(new nn.TransformerEncoderLayer(4, 2, all).forward(x).data, twice.data);
    expectClose(new nn.TransformerDecoderLayer(4, 2, all).forward(x, memory).data, F.layerNorm(twice, 4).data);
  });

  test('is off in evaluation', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dropout: 0.5, dimFeedforward: 3 }).eval();
    expectBitsEqual(layer.forward(x).data, layer.forward(x).data);
  });
});

test('parameters have the names of PyTorch, in its order', () => {
  const decoder = new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2), 1, { norm: new nn.LayerNorm(4) });
  const both = (name: string) => [`${name}.weight`, `${name}.bias`];
  const attention = (name: string) => [
    ...[`${name}.in_proj_weight`, `${name}.in_proj_bias`],
    ...both(`${name}.out_proj`),
  ];
  const layer = [
    ...attention('self_attn'),
    ...attention('multihead_attn'),
    ...['linear1', 'linear2', 'norm1', 'norm2', 'norm3'].flatMap(both),
  ];
  expect([...decoder.namedParameters()].map(([name]) => name)).toEqual([
    ...layer.map((name) => `layers.0.${name}`),
    ...both('norm'),
  ]);
});

test('a stack copies a layer, and takes other layers from a function', () => {
  manualSeed(1);
  const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3, normFirst: true, activation: 'gelu' });
  const copies = new nn.TransformerEncoder(layer, 2);
  const [first, second] = copies.layers;
  expectBitsEqual(first!.linear1.weight.data, layer.linear1.weight.data);
  expectBitsEqual(second!.linear1.weight.data, layer.linear1.weight.data);
  expect(new Set(copies.parameters()).size).toBe(2 * layer.parameters().length);
  first!.linear1.weight.copyFrom(new Float32Array(12));
  expect(second!.linear1.weight.data.some((value) => value !== 0)).toBe(true);
  const others = new nn.TransformerEncoder(() => new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 3 }), 2);
  expect([...others.layers[0]!.linear1.weight.data]).not.toEqual([...others.layers[1]!.linear1.weight.data]);
});

test('positions are sines and cosines of falling frequency', () => {
  const [length, dim] = [1500, 7];
  const { data } = F.sinusoidalPositions(length, dim);
  const expected = Array.from({ length: length * dim }, (_, i) => {
    const [t, j] = [Math.floor(i / dim), i % dim];
    const angle = t / 10000 ** ((j - (j % 2)) / dim);
    return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  expectClose(data, expected, { tolerance: 1e-7 });
});

test('results of several tensors are found', () => {
  const result = new nn.LSTM(4, 2).forward(x);
  expect(tensorsOf(result)).toEqual([result.output, result.hidden, result.cell]);
  expect(tensorsOf(x)).toEqual([x]);
  expect(tensorsOf(undefined)).toEqual([]);
});

describe('bad input', () => {
  test.each([
    [() => new nn.MultiheadAttention(6, 4), RangeError, 'embedDim must be a multiple of numHeads, got 6 and 4'],
    [() => new nn.MultiheadAttention(4, 2, { dropout: 2 }), RangeError, 'must be in [0, 1], got 2'],
    [() => new nn.MultiheadAttention(4, 2).forward(rows('y', 2, 3, 5)), ShapeError, 'expected query [B, L, 4]'],
    [
      () => new nn.MultiheadAttention(4, 2).forward(x, x, x, { attnMask: rows('m', 2, 3) }),
      ShapeError,
      'attnMask: expected shape [3, 3] (queries, keys) or [4, 3, 3]',
    ],
    [
      () => new nn.MultiheadAttention(4, 2).forward(x, x, x, { keyPaddingMask: rows('m', 3, 2) }),
      ShapeError,
      'keyPaddingMask: expected shape [2, 3] (samples, keys), got [3, 2]',
    ],
    [() => F.scaledDotProductAttention(x, memory, x), ShapeError, 'key [… , S, E] and value [… , S, Ev]'],
    [
      () => F.scaledDotProductAttention(x, x, x, { attnMask: rows('m', 2, 2) }),
      ShapeError,
      'the mask of shape [2, 2] does not broadcast to the scores [2, 3, 3]',
    ],
    [
      () => new nn.TransformerEncoderLayer(4, 2, { activation: 'tanh' as 'relu' }),
      RangeError,
      "activation is 'relu', 'gelu' or a function of a tensor, got tanh",
    ],
    [() => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 0), RangeError, 'numLayers'],
    [() => F.sinusoidalPositions(0, 4), RangeError, 'length must be an integer in [1, 10⁶], got 0'],
    [() => new nn.LSTM(0, 4), RangeError, 'LSTM: inputSize must be an integer ≥ 1, got 0'],
    [() => new nn.GRU(4, 4, { dropout: -1 }), RangeError, 'GRU: dropout'],
    [() => new nn.RNN(4, 4, { nonlinearity: 'selu' as 'tanh' }), RangeError, "nonlinearity is 'tanh' or 'relu'"],
    [() => new nn.LSTM(3, 4).forward(x), ShapeError, 'expected an input of shape [B, T, 3] or [T, 3], got [2, 3, 4]'],
    [
      () => new nn.LSTM(4, 2, { numLayers: 2 }).forward(x, { cell: rows('c', 2, 1, 2) }),
      ShapeError,
      'cell: expected shape [2, 2, 2]',
    ],
    [
      () => new nn.GRU(4, 2).forward(x, { lengths: tensor([1, 2, 3], { dtype: 'i32' }) }),
      ShapeError,
      'lengths: expected i32 [2], one number of steps a sample, got i32 [3]',
    ],
  ])('%s', (run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});

test('a query without any key is NaN, as in PyTorch, and does not spread to other queries', () => {
  const mask = tensor([1, 1, 1, 0, 0, 0, 1, 0, 1], { shape: [3, 3], dtype: 'i32' });
  const output = F.scaledDotProductAttention(x, x, x, { attnMask: mask });
  const nan = Array.from(output.data, Number.isNaN);
  expect(nan).toEqual(Array.from({ length: 24 }, (_, i) => Math.floor(i / 4) % 3 === 1));
});
