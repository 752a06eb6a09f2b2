/**
 * Transformer layers and stacks against PyTorch in float64: outputs and the gradients of inputs and every parameter, for shapes, masks and
 * options drawn by the generator. Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

interface GoldenCase {
  readonly name: string;
  readonly kind: 'EncoderLayer' | 'DecoderLayer' | 'Encoder' | 'Decoder';
  readonly dModel: number;
  readonly nhead: number;
  readonly options: nn.TransformerLayerConfig;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly causal: boolean;
  readonly padding: readonly (readonly number[])[] | null;
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('transformer.json');
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

/** The module of a case and its output. */
function subject(entry: GoldenCase): { module: nn.Module; run: (inputs: Tensor[]) => Tensor } {
  const { kind, dModel, nhead, options, causal } = entry;
  const padding = entry.padding && tensor(entry.padding, { dtype: 'u8' });
  const stacked = { norm: new nn.LayerNorm(dModel) };
  const config = { ...options, dropout: 0 };
  if (kind.startsWith('Encoder')) {
    const layer = new nn.TransformerEncoderLayer(dModel, nhead, config);
    const module = kind === 'Encoder' ? new nn.TransformerEncoder(layer, 2, stacked) : layer;
    const masks = { srcKeyPaddingMask: padding, isCausal: causal };
    return { module: module as unknown as nn.Module, run: ([x]) => module.forward(x!, masks) };
  }
  const layer = new nn.TransformerDecoderLayer(dModel, nhead, config);
  const module = kind === 'Decoder' ? new nn.TransformerDecoder(layer, 2, stacked) : layer;
  const masks = { memoryKeyPaddingMask: padding, tgtIsCausal: causal };
  return { module: module as unknown as nn.Module, run: ([x, memory]) => module.forward(x!, memory!, masks) };
}

test('the golden file has its 12 cases, with every kind and option among them', () => {
  expect(cases.length).toBe(12);
  const count = (pick: (entry: GoldenCase) => unknown) => new Set(cases.map(pick)).size;
  expect([count(({ kind }) => kind), count(({ causal }) => causal), count(({ padding }) => padding === null)]).toEqual([
    4, 2, 2,
  ]);
  for (const key of ['activation', 'normFirst', 'batchFirst', 'layerNormEps'] as const)
    expect(count(({ options }) => options[key])).toBe(2);
});

test.for(cases)('$name, $options, gives the values and gradients of PyTorch', (entry, context) => {
  provesGolden(context, [`nn.Transformer${entry.kind}`]);
  const { name, options } = entry;
  const { module, run } = subject(entry);
  for (const [key, parameter] of module.namedParameters())
    parameter.copyFrom(hashUniform(`${name}/${key}`, parameter.size, 0.8));
  const inputs = Object.entries(entry.inputs).map(([key, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return [key, tensor(hashUniform(`${name}/${key}`, size, 1.5), { shape, requiresGrad: true })] as const;
  });
  const swap = (value: Tensor) => (options.batchFirst ? value : value.transpose(0, 1));
  const output = swap(run(inputs.map(([, value]) => swap(value))));
  expectClose(output.data, entry.output, closely('output'));
  output.backward(tensor(hashUniform(`${name}/upstream/output`, output.size), { shape: output.shape }));
  const leaves = { ...Object.fromEntries(module.namedParameters()), ...Object.fromEntries(inputs) };
  expect(Object.keys(leaves).sort()).toEqual(Object.keys(entry.gradients).sort());
  for (const [key, value] of Object.entries(leaves))
    expectClose(value.grad!.data, entry.gradients[key]!, closely(`gradient of ${key}`));
});
