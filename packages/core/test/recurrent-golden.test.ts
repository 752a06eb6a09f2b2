/**
 * Recurrent layers against PyTorch in float64: outputs, final states and the gradients of inputs, states and every parameter, for shapes and
 * options drawn by the generator. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

interface GoldenCase {
  readonly name: string;
  readonly kind: 'RNN' | 'LSTM' | 'GRU';
  readonly options: nn.RNNConfig;
  /** B, T, F, H. */
  readonly sizes: readonly [number, number, number, number];
  readonly state: boolean;
  readonly lengths: readonly number[] | null;
  readonly results: Readonly<Record<string, readonly number[]>>;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('recurrent.json');
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

/** Values of a name, as a leaf. */
function leaf(name: string, shape: readonly number[], bound = 1): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(hashUniform(name, size, bound), { shape, requiresGrad: true });
}

test('the golden file has its 24 cases, with every kind and option among them', () => {
  expect(cases.length).toBe(24);
  const seen = (pick: (entry: GoldenCase) => unknown) => new Set(cases.map(pick));
  expect(seen(({ kind }) => kind).size).toBe(3);
  expect(seen(({ options }) => options.numLayers)).toEqual(new Set([1, 2]));
  for (const key of ['bidirectional', 'bias', 'batchFirst'] as const)
    expect(seen(({ options }) => options[key]).size).toBe(2);
  expect(seen(({ state }) => state).size).toBe(2);
  expect(seen(({ lengths }) => lengths === null).size).toBe(2);
  expect(seen(({ options }) => options.nonlinearity).size).toBe(3);
});

test.for(cases)('$name, $options, lengths $lengths, gives the values and gradients of PyTorch', (entry, context) => {
  provesGolden(context, [`nn.${entry.kind}`]);
  const { name, kind, options, lengths } = entry;
  const [samples, steps, features, hidden] = entry.sizes;
  const layer = new nn[kind](features, hidden, options);
  for (const [key, parameter] of layer.namedParameters())
    parameter.copyFrom(hashUniform(`${name}/${key}`, parameter.size, 0.8));
  const walks = (options.numLayers ?? 1) * (options.bidirectional ? 2 : 1);
  const x = leaf(`${name}/x`, [samples, steps, features], 1.5);
  const states: Record<string, Tensor> = {};
  if (entry.state)
    for (const key of kind === 'LSTM' ? ['hidden', 'cell'] : ['hidden'])
      states[key] = leaf(`${name}/${key}`, [samples, walks, hidden]);

  const swap = (value: Tensor) => (options.batchFirst ? value : value.transpose(0, 1));
  const given = Object.fromEntries(Object.entries(states).map(([key, value]) => [key, swap(value)]));
  const stated = lengths ? { ...given, lengths: tensor(lengths, { dtype: 'i32' }) } : given;
  const results = Object.entries(layer.forward(swap(x), stated)).map(([key, value]) => [key, swap(value)] as const);
  expect(results.map(([key]) => key)).toEqual(Object.keys(entry.results));
  for (const [key, value] of results) expectClose(value.data, entry.results[key]!, closely(key));

  const total = results
    .map(([key, value]) =>
      value.mul(tensor(hashUniform(`${name}/upstream/${key}`, value.size), { shape: value.shape })),
    )
    .map((value) => value.sum())
    .reduce((a, b) => a.add(b));
  total.backward();
  const leaves = { ...Object.fromEntries(layer.namedParameters()), x, ...states };
  expect(Object.keys(leaves)).toEqual(Object.keys(entry.gradients));
  for (const [key, value] of Object.entries(leaves))
    expectClose(value.grad!.data, entry.gradients[key]!, closely(`gradient of ${key}`));
});
