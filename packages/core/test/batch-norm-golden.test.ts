/**
 * Batch normalisation against PyTorch: three training steps, running statistics, evaluation, for every rank and option.
 * Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { F, nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

type Layer = nn.BatchNorm1d | nn.BatchNorm2d;
type Values = Readonly<Record<string, readonly number[]>>;
interface GoldenCase {
  readonly name: string;
  readonly shape: readonly number[];
  readonly options: { eps?: number; momentum?: number | null; affine?: boolean; trackRunningStats?: boolean };
  readonly training: Values;
  readonly evaluation: Values;
  readonly buffers: Values;
}

const { cases } = goldenJson<{ cases: GoldenCase[] }>('batch-norm.json');
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

function layerOf({ name, shape, options }: GoldenCase): Layer {
  const layer = shape.length === 4 ? new nn.BatchNorm2d(shape[1]!, options) : new nn.BatchNorm1d(shape[1]!, options);
  for (const [key, parameter] of layer.namedParameters()) parameter.copyFrom(hashUniform(`${name}/${key}`, shape[1]!));
  return layer;
}

/** The layer, and the function with the layer's parameters and statistics. */
const forms: Readonly<Record<string, (layer: Layer, x: Tensor) => Tensor>> = {
  layer: (layer, x) => layer.forward(x),
  function(layer, x) {
    const { weight, bias, runningMean: mean, runningVar: variance, numBatchesTracked: batches, momentum, eps } = layer;
    const running = mean && variance && batches ? { mean, variance, batches } : null;
    return F.batchNorm(x, { weight, bias, running, momentum, eps, training: layer.training || !running });
  },
};
type Form = (typeof forms)[string];

/** Forward and backward of one step; the values by the names of the golden file. */
function run(form: Form, layer: Layer, { name, shape }: GoldenCase, step: number): Record<string, Tensor> {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = hashUniform(`${name}/x/${step}`, size, 2).map((value) => value + 0.5);
  const x = tensor(values, { shape, requiresGrad: true });
  for (const parameter of layer.parameters()) parameter.grad = null;
  const output = form(layer, x);
  output.backward(tensor(hashUniform(`${name}/upstream/${step}`, size), { shape }));
  const gradients = [...layer.namedParameters()].map(([key, parameter]) => [key, parameter.grad!] as const);
  return { output, x: x.grad!, ...Object.fromEntries(gradients) };
}

function expectLike(actual: Record<string, Tensor>, expected: Values, label: string): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [key, values] of Object.entries(expected))
    expectClose(actual[key]!.data, values, closely(`${label} ${key}`));
}

const calls = cases.flatMap((entry) => Object.entries(forms).map(([form, call]) => ({ ...entry, form, call })));

describe.each(calls)('$name of shape $shape with $options, the $form', ({ form, call, ...entry }) => {
  test('has the outputs, gradients and running statistics of PyTorch', (context) => {
    const layer = layerOf(entry);
    provesGolden(context, [form === 'layer' ? `nn.${layer.constructor.name}` : 'F.batchNorm']);
    const last = [0, 1, 2].map((step) => run(call, layer, entry, step))[2]!;
    expectLike(last, entry.training, 'training');
    const buffers = Object.fromEntries(layer.namedBuffers());
    expect(Object.keys(buffers)).toEqual(Object.keys(entry.buffers));
    for (const [key, values] of Object.entries(entry.buffers)) expectClose(buffers[key]!.data, values, closely(key));
    layer.eval();
    expectLike(run(call, layer, entry, 3), entry.evaluation, 'evaluation');
  });
});

test('the golden file has its 14 cases, ranks 2, 3 and 4 among them', () => {
  expect(cases.length).toBe(14);
  expect(new Set(cases.map(({ shape }) => shape.length))).toEqual(new Set([2, 3, 4]));
});
