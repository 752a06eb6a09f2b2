/**
 * Batch normalisation against PyTorch: three training steps, running statistics, evaluation, for every rank and option.
 * Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { goldenJson } from './golden-file.ts';

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

function layerOf({ name, shape, options }: GoldenCase): nn.BatchNorm1d | nn.BatchNorm2d {
  const layer = shape.length === 4 ? new nn.BatchNorm2d(shape[1]!, options) : new nn.BatchNorm1d(shape[1]!, options);
  for (const [key, parameter] of layer.namedParameters()) parameter.copyFrom(hashUniform(`${name}/${key}`, shape[1]!));
  return layer;
}

/** Forward and backward of one step; the values by the names of the golden file. */
function run(layer: nn.Module, { name, shape }: GoldenCase, step: number): Record<string, Tensor> {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = hashUniform(`${name}/x/${step}`, size, 2).map((value) => value + 0.5);
  const x = tensor(values, { shape, requiresGrad: true });
  for (const parameter of layer.parameters()) parameter.grad = null;
  const output = layer.forward(x);
  output.backward(tensor(hashUniform(`${name}/upstream/${step}`, size), { shape }));
  const gradients = [...layer.namedParameters()].map(([key, parameter]) => [key, parameter.grad!] as const);
  return { output, x: x.grad!, ...Object.fromEntries(gradients) };
}

function expectLike(actual: Record<string, Tensor>, expected: Values, label: string): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [key, values] of Object.entries(expected))
    expectClose(actual[key]!.data, values, closely(`${label} ${key}`));
}

describe.each(cases)('$name of shape $shape with $options', (entry) => {
  test('has the outputs, gradients and running statistics of PyTorch', () => {
    const layer = layerOf(entry);
    const last = [0, 1, 2].map((step) => run(layer, entry, step))[2]!;
    expectLike(last, entry.training, 'training');
    const buffers = Object.fromEntries(layer.namedBuffers());
    expect(Object.keys(buffers)).toEqual(Object.keys(entry.buffers));
    for (const [key, values] of Object.entries(entry.buffers)) expectClose(buffers[key]!.data, values, closely(key));
    layer.eval();
    expectLike(run(layer, entry, 3), entry.evaluation, 'evaluation');
  });
});

test('the golden file has its ten cases, ranks 2, 3 and 4 among them', () => {
  expect(cases.map(({ shape }) => shape.length).sort()).toEqual([2, 2, 2, 3, 3, 4, 4, 4, 4, 4]);
});
