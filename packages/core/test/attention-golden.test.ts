/**
 * Attention against PyTorch in float64: outputs, weights, and the gradients of operands, learned masks and every parameter, for shapes, masks
 * and options drawn by the generator. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { F, manualSeed, nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

type Shape = readonly number[];
interface GoldenMask {
  readonly kind: 'none' | 'boolean' | 'additive' | 'learned';
  readonly shape: Shape;
  readonly values?: readonly number[] | null;
}
interface Results {
  readonly name: string;
  readonly results: Readonly<Record<string, readonly number[]>>;
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
interface ProductCase extends Results {
  readonly shapes: Readonly<Record<'query' | 'key' | 'value', Shape>>;
  readonly mask: GoldenMask;
  readonly options: F.AttentionOptions;
}
interface HeadsCase extends Results {
  readonly kind: 'self' | 'cross' | 'memory' | 'sizes';
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly embedDim: number;
  readonly numHeads: number;
  readonly options: nn.MultiheadAttentionConfig;
  readonly masks: Readonly<Record<string, GoldenMask>>;
  readonly averageAttnWeights: boolean;
}

const { cases } = goldenJson<{ cases: (ProductCase | HeadsCase)[] }>('attention.json');
const products = cases.filter((entry) => 'shapes' in entry);
const heads = cases.filter((entry) => 'inputs' in entry);
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

function leaf(name: string, shape: Shape, bound = 1.5): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(hashUniform(name, size, bound), { shape, requiresGrad: true });
}

function maskOf(name: string, { kind, shape, values }: GoldenMask, bound: number): F.AttentionMask | undefined {
  if (kind === 'none') return undefined;
  if (kind === 'boolean') return tensor(values!, { shape, dtype: 'u8' });
  const mask = leaf(name, shape, bound);
  return kind === 'learned' ? mask : mask.detach();
}

function expectLike(results: Readonly<Record<string, Tensor>>, leaves: Record<string, Tensor>, entry: Results): void {
  const { name } = entry;
  expect(Object.keys(results)).toEqual(Object.keys(entry.results));
  for (const [key, value] of Object.entries(results)) expectClose(value.data, entry.results[key]!, closely(key));
  const total = Object.entries(results)
    .map(([key, value]) =>
      value.mul(tensor(hashUniform(`${name}/upstream/${key}`, value.size), { shape: value.shape })),
    )
    .map((value) => value.sum())
    .reduce((a, b) => a.add(b));
  total.backward();
  expect(Object.keys(leaves)).toEqual(Object.keys(entry.gradients));
  for (const [key, value] of Object.entries(leaves))
    expectClose(value.grad!.data, entry.gradients[key]!, closely(`gradient of ${key}`));
}

test('the golden file has every kind of mask and input', () => {
  expect([products.length, heads.length]).toEqual([16, 16]);
  expect(new Set(products.map(({ mask }) => mask.kind)).size).toBe(4);
  expect(new Set(products.map(({ options }) => options.dropoutP)).size).toBe(2);
  expect(new Set(heads.map(({ kind }) => kind)).size).toBe(4);
  const masks = heads.flatMap((entry) => Object.entries(entry.masks).map(([key, { kind }]) => `${key} ${kind}`));
  expect(new Set(masks).size).toBe(4);
});

describe.each(products)('$name of $shapes, mask $mask.kind $mask.shape, $options', (entry) => {
  test('gives the values and gradients of PyTorch', (context) => {
    provesGolden(context, ['F.scaledDotProductAttention']);
    manualSeed(0);
    const { name, shapes, mask, options } = entry;
    const [query, key, value] = [
      leaf(`${name}/query`, shapes.query),
      leaf(`${name}/key`, shapes.key),
      leaf(`${name}/value`, shapes.value),
    ];
    const attnMask = maskOf(`${name}/mask`, mask, 2);
    const output = F.scaledDotProductAttention(query, key, value, { ...options, attnMask: attnMask ?? null, seed: 11 });
    const learned = attnMask?.requiresGrad ? { mask: attnMask as Tensor } : {};
    expectLike({ output }, { query, key, value, ...learned }, entry);
  });
});

describe.each(heads)('$name, $kind, $options, masks $masks', (entry) => {
  test('gives the values and gradients of PyTorch', (context) => {
    provesGolden(context, ['nn.MultiheadAttention']);
    const { name, options, embedDim, numHeads } = entry;
    const layer = new nn.MultiheadAttention(embedDim, numHeads, options);
    for (const [key, parameter] of layer.namedParameters())
      parameter.copyFrom(hashUniform(`${name}/${key}`, parameter.size, 0.8));
    const inputs = Object.entries(entry.inputs).map(([key, shape]) => [key, leaf(`${name}/${key}`, shape)] as const);
    const swap = (value: Tensor) => (options.batchFirst ? value : value.transpose(0, 1));
    const [query, key = query, value = key] = inputs.map(([, input]) => swap(input));
    const masks = Object.entries(entry.masks).map(([mask, of]) => [mask, maskOf(`${name}/${mask}`, of, 1)] as const);
    const { averageAttnWeights } = entry;
    const given = { averageAttnWeights, ...Object.fromEntries(masks) };
    const { output, weights } = layer.forward(query!, key, value, given);
    const leaves = Object.fromEntries([...layer.namedParameters(), ...inputs]);
    expectLike({ output: swap(output), weights: weights! }, leaves, entry);
  });
});
