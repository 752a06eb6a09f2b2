/**
 * Every case of golden/ops.json: the result and the gradient of every input are PyTorch's.
 * Tolerance: |actual − expected| ≤ 1e-5 · (|expected| + 0.1), element by element.
 */
import { cat, crossEntropy, F, mseLoss, type Reduction, type Tensor, tensor } from '@lockstep/core';
import { expectClose, goldenArray, type OperationCase } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

const tolerance = 1e-5;
const scale = 0.1;

// biome-ignore lint/suspicious/noExplicitAny: the parameters of a golden case, as the JSON file has them.
type Parameters = Record<string, any>;
type Operation = (inputs: Tensor[], params: Parameters) => Tensor;

const pairOf = (value: number[]) => value as unknown as readonly [number, number];
const axesOf = (params: Parameters) => [params.dims ?? undefined, { keepDims: params.keepdim }] as const;

const operations: Record<string, Operation> = {
  conv2d: ([x, weight, bias], p) =>
    F.conv2d(x!, weight!, {
      bias: bias ?? null,
      stride: pairOf(p.stride),
      padding: pairOf(p.padding),
      dilation: pairOf(p.dilation),
      groups: p.groups,
    }),
  maxPool2d: ([x], p) =>
    F.maxPool2d(x!, { kernelSize: p.kernel, stride: p.stride, padding: p.padding, dilation: p.dilation }),
  avgPool2d: ([x], p) =>
    F.avgPool2d(x!, { kernelSize: p.kernel, stride: p.stride, padding: p.padding, countIncludePad: p.countIncludePad }),
  linear: ([x, weight, bias]) => F.linear(x!, weight!, { bias: bias ?? null }),
  relu: ([x]) => F.relu(x!),
  softmax: ([x], p) => x!.softmax(p.dim),
  logSoftmax: ([x], p) => x!.logSoftmax(p.dim),
  crossEntropy: ([x], p) =>
    crossEntropy(x!, tensor(p.targets, { dtype: 'i32' }), { reduction: p.reduction as Reduction }),
  mseLoss: ([x, target], p) => mseLoss(x!, target!, { reduction: p.reduction as Reduction }),
  matmul: ([a, b]) => a!.matmul(b!),
  sum: ([x], p) => x!.sum(...axesOf(p)),
  mean: ([x], p) => x!.mean(...axesOf(p)),
  max: ([x], p) => x!.amax(...axesOf(p)),
  add: ([a, b]) => a!.add(b!),
  sub: ([a, b]) => a!.sub(b!),
  mul: ([a, b]) => a!.mul(b!),
  div: ([a, b]) => a!.div(b!),
  exp: ([x]) => x!.exp(),
  log: ([x]) => x!.log(),
  sqrt: ([x]) => x!.sqrt(),
  tanh: ([x]) => x!.tanh(),
  sigmoid: ([x]) => x!.sigmoid(),
  permute: ([x], p) => x!.permute(p.order),
  slice: ([x], p) => {
    const axis = p.dim < 0 ? p.dim + x!.rank : p.dim;
    const range = { start: p.start, end: p.end, step: p.step };
    return x!.slice(x!.shape.map((_, i) => (i === axis ? range : null)));
  },
  cat: (inputs, p) => cat(inputs, p.dim),
};

const functions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['conv2d', 'maxPool2d', 'avgPool2d', 'linear', 'relu', 'crossEntropy', 'mseLoss'].map((op) => [op, `F.${op}`]),
  ),
  ...{ cat: 'cat', max: 'Tensor.amax' },
};
/** The export of an operation: the method of its name, unless it is a function. */
const exportOf = (op: string) => functions[op] ?? `Tensor.${op}`;

const { cases } = goldenJson<{ cases: OperationCase[] }>('ops.json');

test('the golden file has all 173 cases, and each names a known operation', () => {
  expect(cases.length).toBe(173);
  expect(cases.filter(({ op }) => !(op in operations))).toEqual([]);
});

test.for(cases.map((entry) => ({ title: entry.note ? `${entry.name} (${entry.note})` : entry.name, entry })))(
  '$title gives the values and gradients of PyTorch',
  ({ entry }, context) => {
    provesGolden(context, [exportOf(entry.op)]);
    const inputs = Object.entries(entry.inputs).map(
      ([name, array]) => [name, tensor(goldenArray(array), { shape: array.shape, requiresGrad: true })] as const,
    );
    const output = operations[entry.op]!(
      inputs.map(([, input]) => input),
      entry.params,
    );
    expect(output.shape).toEqual(entry.output.shape);
    expectClose(output.data, entry.output.data, { tolerance, scale, label: 'output' });

    output.backward(tensor(goldenArray(entry.upstream), { shape: entry.upstream.shape }));
    for (const [name, input] of inputs) {
      expect(input.grad!.shape).toEqual(input.shape);
      expectClose(input.grad!.data, entry.gradients[name]!, { tolerance, scale, label: `gradient of ${name}` });
    }
  },
);
