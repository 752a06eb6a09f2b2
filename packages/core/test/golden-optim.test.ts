/** Every case of golden/optim.json: five steps of each optimizer end where PyTorch's do. */
import {
  Adadelta,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  Lion,
  Muon,
  NAdam,
  nn,
  type Optimizer,
  RAdam,
  RMSprop,
  SGD,
  tensor,
} from '@lockstep/core';
import { expectClose, hashUniform, type OptimizerCase } from '@lockstep/testkit';
import { expect, test } from 'vitest';
import { provesGolden } from './conformance/proves.ts';
import { goldenJson } from './golden-file.ts';

const optimizers = { SGD, Adam, AdamW, NAdam, RAdam, Adamax, RMSprop, Adagrad, Adadelta, Lion, Muon } as const;

/** Of optimizers that the generator implements itself. */
const sources: Readonly<Record<string, string>> = {
  Lion: 'Chen et al. 2023, program 1',
  NAdam: 'PyTorch 2.0 (Dozat 2016)',
  Muon: 'Jordan et al. 2024, PyTorch 2.9 in float32',
};

const { cases } = goldenJson<{ cases: OptimizerCase[] }>('optim.json');

function optimizerOf(entry: OptimizerCase, parameter: nn.Parameter, options: object): Optimizer {
  return new optimizers[entry.optimizer]([parameter], options as { lr: number });
}

test('the golden file has 39 cases of ten optimizers', () => {
  const count = (name: string) => cases.filter(({ optimizer }) => optimizer === name).length;
  expect(Object.keys(optimizers).map(count)).toEqual([8, 6, 4, 3, 3, 3, 4, 3, 3, 2, 0]);
  expect(cases).toHaveLength(39);
});

test.for(cases)('$name: every step agrees with PyTorch within 1e-6 of |w| + 0.01', (entry, context) => {
  provesGolden(context, [entry.optimizer], sources[entry.optimizer]);
  const parameter = new nn.Parameter(tensor(entry.initial));
  const optimizer = optimizerOf(entry, parameter, entry.options);
  entry.gradients.forEach((gradient, step) => {
    parameter.grad = tensor(gradient);
    optimizer.step();
    const label = `after step ${step + 1}`;
    expectClose(parameter.data, entry.parameters[step]!, { tolerance: 1e-6, scale: 0.01, label });
    expectClose(parameter.data, entry.parametersFloat64[step]!, { tolerance: 1e-6, scale: 0.01, label });
  });
  expect(optimizer.steps).toBe(5);
});

interface DrawnCase {
  readonly name: string;
  readonly optimizer: keyof typeof optimizers;
  readonly shape: readonly [number, number];
  readonly options: object;
  readonly weights: readonly number[];
}

const { cases: drawn } = goldenJson<{ cases: DrawnCase[] }>('optim-drawn.json');

test('five settings of each optimizer are drawn', () => {
  const names = Object.keys(optimizers).flatMap((name) => [0, 1, 2, 3, 4].map((i) => `${name}/${i}`));
  expect(drawn.map(({ name }) => name)).toEqual(names);
});

test.for(drawn)('$name, $options: the weights after 20 steps are those of PyTorch', (entry, context) => {
  provesGolden(context, [entry.optimizer], sources[entry.optimizer]);
  const { name, shape, optimizer: kind, options } = entry;
  const size = shape[0] * shape[1];
  const parameter = new nn.Parameter(tensor(hashUniform(name, size), { shape }));
  const optimizer = new optimizers[kind]([parameter], options as { lr: number });
  for (let step = 0; step < 20; step++) {
    parameter.grad = tensor(hashUniform(`${name}/${step}`, size), { shape });
    optimizer.step();
  }
  expectClose(parameter.data, entry.weights, { tolerance: 1e-4, scale: 0.1 });
});

test.each([
  { optimizer: 'SGD', name: 'SGD lr=0.1', given: { lr: 0.1 } },
  { optimizer: 'Adam', name: 'Adam', given: {} },
  ...['AdamW', 'NAdam', 'RAdam', 'Adamax', 'RMSprop', 'Adagrad', 'Adadelta', 'Lion'].map((name) => ({
    optimizer: name,
    name,
    given: {},
  })),
])('the defaults of $optimizer are those of PyTorch', ({ name, given }) => {
  const entry = cases.find((item) => item.name === name)!;
  const parameter = new nn.Parameter(tensor(entry.initial));
  const optimizer = optimizerOf(entry, parameter, given);
  for (const gradient of entry.gradients) {
    parameter.grad = tensor(gradient);
    optimizer.step();
  }
  expectClose(parameter.data, entry.parameters[4]!, { tolerance: 1e-6, scale: 0.01 });
});

test('the learning rate can be changed between steps', () => {
  const parameter = new nn.Parameter(tensor([1, 2]));
  const optimizer = new SGD([parameter], { lr: 0.5 });
  parameter.grad = tensor([1, -1]);
  optimizer.step();
  expect([...parameter.data]).toEqual([0.5, 2.5]);
  optimizer.lr = 0.25;
  optimizer.step();
  expect([...parameter.data]).toEqual([0.25, 2.75]);
});

test('a parameter without a gradient keeps its value, and a step without any gradient is an error', () => {
  const [a, b] = [new nn.Parameter(tensor([1])), new nn.Parameter(tensor([2]))];
  const optimizer = new SGD([a, b], { lr: 1, weightDecay: 0.5 });
  expect(() => optimizer.step()).toThrow(/no parameter has a gradient; call loss.backward\(\) first/);
  a.grad = tensor([0.25]);
  optimizer.step();
  expect([a.item(), b.item()]).toEqual([0.25, 2]);
  optimizer.zeroGrad();
  expect(a.grad).toBeNull();
});

test('a parameter given twice is updated once, and a gradient of another shape is refused', () => {
  const parameter = new nn.Parameter(tensor([1, 2]));
  const optimizer = new SGD([parameter, parameter], { lr: 1 });
  parameter.grad = tensor([0.25, 0.5]);
  optimizer.step();
  expect([...parameter.data]).toEqual([0.75, 1.5]);
  parameter.grad = tensor([1]);
  expect(() => optimizer.step()).toThrow(/a parameter of shape \[2\] has a gradient of shape \[1\]/);
});

test('options that make no sense are refused, with the value', () => {
  const parameters = [new nn.Parameter(tensor([1]))];
  expect(() => new SGD([], { lr: 1 })).toThrow(/got no parameters/);
  expect(() => new SGD(parameters, { lr: -0.1 })).toThrow(
    new RangeError('optimizer: lr must be a number ≥ 0, got -0.1'),
  );
  expect(() => new SGD(parameters, { lr: Number.NaN })).toThrow(/lr must be a number ≥ 0, got NaN/);
  expect(() => new SGD(parameters, { lr: 1, nesterov: true })).toThrow(/nesterov needs momentum > 0 and dampening 0/);
  expect(() => new Adam(parameters, { betas: [0.9, 1] })).toThrow(/betas\[1\] must be in \[0, 1\), got 1/);
  expect(() => new Adam(parameters, { eps: -1 })).toThrow(/eps must be a number ≥ 0, got -1/);
});
