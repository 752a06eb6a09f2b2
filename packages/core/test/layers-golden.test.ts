/**
 * Every case of golden/layers.json: outputs, gradients of inputs and parameters, and buffers are PyTorch's.
 * Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { type DType, nn, type Tensor, tensor } from '@lockstep/core';
import { expectClose, type GoldenArray, goldenArray, hashUniform } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { Contained, containerNames } from './contained.ts';
import { functionalForm } from './functional-forms.ts';
import { goldenJson } from './golden-file.ts';

interface Results {
  readonly shape: readonly number[];
  readonly output: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}
interface LayerCase {
  readonly name: string;
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  /** How PyTorch prints it. */
  readonly repr?: string;
  readonly inputs: readonly (GoldenArray & { readonly dtype?: 'i32' })[];
  readonly training: Results;
  readonly buffers?: Readonly<Record<string, readonly number[]>>;
  readonly evaluation?: Results;
}

const { cases } = goldenJson<{ cases: LayerCase[] }>('layers.json');
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

/** Modules that are no layer with arguments. */
const models: Readonly<Record<string, () => nn.Module>> = {
  Sequential: () => new nn.Sequential(new nn.Linear(4, 5), new nn.Tanh(), new nn.Linear(5, 2)),
  Contained: () => new Contained(),
};

function layerOf({ name, layer, args, options }: LayerCase): nn.Module {
  const kind = nn[layer as keyof typeof nn] as unknown as new (...args: unknown[]) => nn.Module;
  const module = models[layer]?.() ?? new kind(...args, options);
  for (const [key, parameter] of module.namedParameters())
    parameter.copyFrom(hashUniform(`${name}/${key}`, parameter.size));
  return module;
}

type Run = (inputs: readonly Tensor[]) => Tensor;

function check(run: Run, { name, inputs }: LayerCase, expected: Results, parameters: Iterable<[string, Tensor]>): void {
  const tensors = inputs.map((array): Tensor<DType> => {
    const options = { shape: array.shape, ...(array.dtype ? { dtype: array.dtype } : { requiresGrad: true }) };
    return tensor<DType>('data' in array && array.dtype ? array.data : goldenArray(array), options);
  });
  const known = [...tensors.map((input, i) => [`input${i}`, input] as const), ...parameters];
  const variables = known.filter(([, variable]) => variable.requiresGrad);
  for (const [, variable] of variables) variable.grad = null;
  const output = run(tensors as Tensor[]);
  expect(output.shape).toEqual(expected.shape);
  output.backward(tensor(hashUniform(`${name}/upstream`, output.size), { shape: output.shape }));
  expectClose(output.data, expected.output, closely('output'));
  expect(variables.map(([key]) => key)).toEqual(Object.keys(expected.gradients));
  for (const [key, variable] of variables) {
    expect(variable.grad!.shape).toEqual(variable.shape);
    expectClose(variable.grad!.data, expected.gradients[key]!, closely(`gradient of ${key}`));
  }
}

test.for(cases)(
  '$name of $args and $options has the values, gradients, buffers and description of PyTorch',
  (entry, context) => {
    provesGolden(context, entry.layer === 'Contained' ? containerNames : [`nn.${entry.layer}`]);
    const module = layerOf(entry);
    const run: Run = (inputs) => module.forward(...inputs);
    if (entry.repr) expect(String(module)).toBe(entry.repr);
    check(run, entry, entry.training, module.namedParameters());
    const buffers = Object.fromEntries(module.namedBuffers());
    expect(Object.keys(buffers)).toEqual(Object.keys(entry.buffers ?? {}));
    for (const [key, values] of Object.entries(entry.buffers ?? {}))
      expectClose(buffers[key]!.data, values, closely(key));
    module.eval();
    if (entry.evaluation) check(run, entry, entry.evaluation, module.namedParameters());
  },
);

const functional = cases.flatMap((entry) => {
  const form = functionalForm(entry.layer, entry.options);
  return form ? [{ title: `${form.name} as in ${entry.name}`, entry, form }] : [];
});

test.for(functional)('$title has the values and gradients of PyTorch', ({ entry, form }, context) => {
  provesGolden(context, [form.name]);
  const { args, options } = entry;
  const parameters = Object.fromEntries(layerOf(entry).namedParameters());
  check((inputs) => form.run(inputs, { args, options, parameters }), entry, entry.training, Object.entries(parameters));
});

test('the golden file has all its cases', () => {
  expect(cases.length).toBe(191);
});
