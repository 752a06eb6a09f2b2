/**
 * Every case of golden/layers.json: outputs, gradients of inputs and parameters, and buffers are PyTorch's.
 * Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { type DType, nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, type GoldenArray, goldenArray, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { goldenJson } from './golden-file.ts';

interface Run {
  readonly shape: readonly number[];
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
interface LayerCase {
  readonly name: string;
  readonly layer: keyof typeof nn;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  /** How PyTorch prints it. */
  readonly repr?: string;
  readonly inputs: readonly (GoldenArray & { readonly dtype?: 'i32' })[];
  readonly training: Run;
  readonly buffers?: Readonly<Record<string, readonly number[]>>;
  readonly evaluation?: Run;
}

const { cases } = goldenJson<{ cases: LayerCase[] }>('layers.json');
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

function layerOf({ name, layer, args, options }: LayerCase): nn.Module {
  const kind = nn[layer] as unknown as new (...args: unknown[]) => nn.Module;
  const module = new kind(...args, options);
  for (const [key, parameter] of module.namedParameters())
    parameter.copyFrom(hashUniform(`${name}/${key}`, parameter.size));
  return module;
}

function check(module: nn.Module, { name, inputs }: LayerCase, expected: Run): void {
  const tensors = inputs.map((array): Tensor<DType> => {
    const options = { shape: array.shape, ...(array.dtype ? { dtype: array.dtype } : { requiresGrad: true }) };
    return tensor<DType>('data' in array && array.dtype ? array.data : goldenArray(array), options);
  });
  for (const parameter of module.parameters()) parameter.grad = null;
  const output = module.forward(...(tensors as Tensor[]));
  expect(output.shape).toEqual(expected.shape);
  output.backward(tensor(hashUniform(`${name}/upstream`, output.size), { shape: output.shape }));
  expectClose(output.data, expected.output, closely('output'));
  const known = [...tensors.map((input, i) => [`input${i}`, input] as const), ...module.namedParameters()];
  const variables = known.filter(([, variable]) => variable.requiresGrad);
  expect(variables.map(([key]) => key)).toEqual(Object.keys(expected.gradients));
  for (const [key, variable] of variables) {
    expect(variable.grad!.shape).toEqual(variable.shape);
    expectClose(variable.grad!.data, expected.gradients[key]!, closely(`gradient of ${key}`));
  }
}

test.each(cases)(
  '$name of $args and $options has the values, gradients, buffers and description of PyTorch',
  (entry) => {
    const module = layerOf(entry);
    if (entry.repr) expect(String(module)).toBe(entry.repr);
    check(module, entry, entry.training);
    const buffers = Object.fromEntries(module.namedBuffers());
    expect(Object.keys(buffers)).toEqual(Object.keys(entry.buffers ?? {}));
    for (const [key, values] of Object.entries(entry.buffers ?? {}))
      expectClose(buffers[key]!.data, values, closely(key));
    if (entry.evaluation) check(module.eval(), entry, entry.evaluation);
  },
);

test('the golden file has all its cases', () => {
  expect(cases.length).toBe(132);
});
