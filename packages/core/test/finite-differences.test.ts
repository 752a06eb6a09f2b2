/**
 * Every differentiable operation and layer against central differences, and a walk over the public surface that fails when one has
 * no case, here or in a table of `conformance/`. Steps of 1e-2 in float32: truncation and rounding stay below 1e-3 of |gradient| + 1.
 */
import * as core from '@lockstep/core';
import { crossEntropy, F, manualSeed, mseLoss, nn, Tensor, tensor } from '@lockstep/core';
import { expectClose, finiteDifference, hashUniform } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { activations } from './conformance/activations.ts';
import { losses } from './conformance/losses.ts';
import { layerGradientCases } from './layer-gradient-cases.ts';
import { sequenceGradientCases } from './sequence-gradient-cases.ts';
import { tensorGradientCases } from './tensor-gradient-cases.ts';

type Kind = 'any' | 'positive' | 'spaced';
interface Input {
  readonly shape: readonly number[];
  /** `any`: in ±1. `positive`: in [0.5, 1.5]. `spaced`: multiples of 0.1 plus 0.05, all different: far from ties and from 0. */
  readonly kind: Kind;
}
interface Case {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (inputs: Tensor[]) => Tensor;
  readonly module?: nn.Module;
}

const any = (...shape: number[]): Input => ({ shape, kind: 'any' });
const positive = (...shape: number[]): Input => ({ shape, kind: 'positive' });
const spaced = (...shape: number[]): Input => ({ shape, kind: 'spaced' });

function valuesOf({ shape, kind }: Input, name: string): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  const values = hashUniform(name, count);
  if (kind === 'any') return values;
  if (kind === 'positive') return values.map((value) => value / 2 + 1);
  const ranks = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  return values.map((_, i) => (ranks.indexOf(i) - Math.floor(count / 2)) * 0.1 + 0.05);
}

const op = (name: string, inputs: Input[], run: (...inputs: Tensor[]) => Tensor): Case => ({
  name,
  inputs,
  run: (tensors) => run(...tensors),
});
const layer = (name: string, inputs: Input[], module: nn.Module): Case => ({
  name,
  inputs,
  module,
  run: (tensors) => module.forward(...tensors),
});
const labels = tensor([1, 0, 3], { dtype: 'i32' });
const drops = { p: 0.4, seed: 11 } as const;

/** Two layers and dropout between, so that the chain of a Sequential is seen whole. */
const chain = new nn.Sequential(new nn.Linear(4, 5), new nn.Dropout(0.4, { seed: 11 }), new nn.Linear(5, 2));

const cases: readonly Case[] = [
  ...tensorGradientCases,
  op('crossEntropy', [any(3, 4)], (a) => crossEntropy(a, labels, { reduction: 'none' })),
  op('crossEntropy', [any(3, 4)], (a) => crossEntropy(a, labels)),
  op('mseLoss', [any(2, 3), any(2, 3)], (a, b) => mseLoss(a, b, { reduction: 'none' })),
  op('F.mseLoss', [any(2, 3), any(2, 3)], (a, b) => F.mseLoss(a, b)),
  op('F.reduced', [any(2, 3)], (a) => F.reduced(a, 'mean')),
  op('F.relu', [spaced(6)], (a) => F.relu(a)),
  op('F.selu', [any(2, 6)], (a) => F.selu(a)),
  op('F.linear', [any(2, 3), any(4, 3), any(4)], (x, w, b) => F.linear(x, w, { bias: b })),
  op('F.linear', [any(3), any(4, 3)], (x, w) => F.linear(x, w)),
  op('F.conv2d', [any(2, 2, 4, 3), any(4, 1, 2, 2), any(4)], (x, w, b) =>
    F.conv2d(x, w, { bias: b, groups: 2, stride: [2, 1], padding: 1, dilation: [1, 2] }),
  ),
  op('F.conv2d', [any(2, 4, 4), any(3, 2, 3, 3)], (x, w) => F.conv2d(x, w)),
  op('F.maxPool2d', [spaced(1, 2, 5, 4)], (x) =>
    F.maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1, ceilMode: true }),
  ),
  op('F.maxPool2d', [spaced(1, 5, 5)], (x) => F.maxPool2d(x, { kernelSize: 2, stride: 1, dilation: 2 })),
  op('F.avgPool2d', [any(1, 2, 5, 4)], (x) => F.avgPool2d(x, { kernelSize: [3, 2], stride: 2, padding: [1, 0] })),
  op('F.avgPool2d', [any(1, 5, 4)], (x) => F.avgPool2d(x, { kernelSize: 2, padding: 1, countIncludePad: false })),
  op('F.dropout', [any(3, 8)], (x) => F.dropout(x, drops)),
  op('F.dropout', [any(2, 3, 2, 2)], (x) => F.dropout(x, { ...drops, scope: 'worker' })),
  op('F.dropout1d', [any(2, 8, 3)], (x) => F.dropout1d(x, drops)),
  op('F.dropout1d', [any(8, 3)], (x) => F.dropout1d(x, drops)),
  op('F.dropout2d', [any(2, 6, 2, 2)], (x) => F.dropout2d(x, drops)),
  op('F.dropout3d', [any(2, 6, 2, 1, 2)], (x) => F.dropout3d(x, drops)),
  op('F.dropout3d', [any(8, 2, 1, 2)], (x) => F.dropout3d(x, drops)),
  op('F.alphaDropout', [any(3, 8)], (x) => F.alphaDropout(x, { ...drops, training: true })),
  op('F.featureAlphaDropout', [any(2, 6, 2, 2)], (x) => F.featureAlphaDropout(x, { ...drops, training: true })),
  op('F.gaussianDropout', [any(3, 8)], (x) => F.gaussianDropout(x, drops)),
  op('F.lockedDropout', [any(2, 3, 6)], (x) => F.lockedDropout(x, drops)),
  op('F.dropPath', [any(8, 2)], (x) => F.dropPath(x, drops)),
  op('F.dropConnect', [any(3, 8)], (weight) => F.dropConnect(weight, drops)),
  op('F.dropConnect', [any(2, 2, 4, 4), any(3, 2, 2, 2)], (x, weight) => F.conv2d(x, F.dropConnect(weight, drops))),
  op('F.dropBlock2d', [any(2, 3, 5, 4)], (x) => F.dropBlock2d(x, { ...drops, blockSize: 3 })),
  op('F.dropBlock2d', [any(2, 4, 4)], (x) => F.dropBlock2d(x, { ...drops, blockSize: 2 })),
  op('F.concreteDropout', [any(3, 4), any(1)], (x, logit) => F.concreteDropout(x, logit, { seed: 11, temperature: 1 })),
  op('F.klDiv', [any(3, 4), positive(3, 4)], (x, target) => F.klDiv(x, target, { reduction: 'none' })),
  op('F.klDiv', [any(3, 4), any(3, 4)], (x, target) => F.klDiv(x, target, { reduction: 'batchMean', logTarget: true })),
  op('F.rDropLoss', [any(3, 4), any(3, 4)], (a, b) => F.rDropLoss(a, b, labels, { alpha: 0.7, reduction: 'none' })),
  op('F.multiSampleLoss', [any(3, 2, 4)], (outputs) =>
    F.multiSampleLoss(outputs, labels, (output, target) => crossEntropy(output, target, { reduction: 'none' })),
  ),
  op('F.batchNorm', [any(3, 2), positive(2), any(2)], (x, weight, bias) =>
    F.batchNorm(x, { weight, bias, training: true }),
  ),
  op('F.batchNorm', [any(2, 2, 3)], (x) =>
    F.batchNorm(x, {
      running: { mean: tensor([0.1, 0.2]), variance: tensor([0.5, 2]), batches: tensor(1, { dtype: 'i32' }) },
    }),
  ),
  layer('nn.BatchNorm1d', [any(4, 3)], new nn.BatchNorm1d(3)),
  layer('nn.BatchNorm1d', [any(2, 3, 3)], new nn.BatchNorm1d(3, { affine: false })),
  layer('nn.BatchNorm2d', [any(2, 5, 2, 2)], new nn.BatchNorm2d(5)),
  layer('nn.BatchNorm2d', [any(2, 5, 2, 1)], new nn.BatchNorm2d(5).eval()),
  layer('nn.Identity', [any(3)], new nn.Identity()),
  layer('nn.ReLU', [spaced(6)], new nn.ReLU()),
  layer('nn.Flatten', [any(2, 2, 2)], new nn.Flatten()),
  layer('nn.Linear', [any(2, 3)], new nn.Linear(3, 4)),
  layer('nn.Linear', [any(2, 2, 3)], new nn.Linear(3, 18, { bias: false })),
  layer('nn.Conv2d', [any(2, 2, 4, 4)], new nn.Conv2d(2, 3, [3, 2], { padding: [1, 0], stride: [1, 2] })),
  layer('nn.MaxPool2d', [spaced(1, 2, 4, 4)], new nn.MaxPool2d(2)),
  layer('nn.AvgPool2d', [any(1, 2, 4, 4)], new nn.AvgPool2d(2, { stride: 1 })),
  layer('nn.Dropout', [any(2, 8)], new nn.Dropout(0.5, { seed: 3 })),
  layer('nn.SELU', [any(2, 6)], new nn.SELU()),
  layer('nn.Dropout1d', [any(2, 6, 3)], new nn.Dropout1d(0.4, { seed: 3 })),
  layer('nn.Dropout2d', [any(2, 6, 2, 2)], new nn.Dropout2d(0.4, { seed: 3 })),
  layer('nn.Dropout3d', [any(2, 6, 1, 2, 2)], new nn.Dropout3d(0.4, { seed: 3 })),
  layer('nn.AlphaDropout', [any(3, 6)], new nn.AlphaDropout(0.4, { seed: 3 })),
  layer('nn.FeatureAlphaDropout', [any(2, 6, 3)], new nn.FeatureAlphaDropout(0.4, { seed: 3 })),
  layer('nn.GaussianDropout', [any(3, 6)], new nn.GaussianDropout(0.4, { seed: 3 })),
  layer('nn.LockedDropout', [any(2, 3, 6)], new nn.LockedDropout(0.4, { seed: 3 })),
  layer('nn.DropPath', [any(8, 3)], new nn.DropPath(0.4, { seed: 3 })),
  layer('nn.DropConnectLinear', [any(2, 3)], new nn.DropConnectLinear(3, 6, { p: 0.4, seed: 3 })),
  layer('nn.DropBlock2d', [any(2, 2, 4, 4)], new nn.DropBlock2d(0.4, { blockSize: 3, seed: 3 })),
  layer('nn.ConcreteDropout', [any(2, 5)], new nn.ConcreteDropout(0.3, { temperature: 1, seed: 3 })),
  layer('nn.MultiSampleDropout', [any(2, 6)], new nn.MultiSampleDropout(new nn.Linear(6, 3), { seed: 3 })),
  layer('nn.Sequential', [any(2, 4)], chain),
  ...layerGradientCases,
  ...sequenceGradientCases,
];

/** Σ output · weights in f64, with the dropout calls numbered from 0. */
function weighted(entry: Case, inputs: Tensor[], weights: Float32Array): number {
  manualSeed(1);
  return entry.run(inputs).data.reduce((sum: number, value: number, i: number) => sum + value * weights[i]!, 0);
}

describe.each(cases.map((entry, i) => ({ title: `${entry.name} (case ${i})`, entry })))(
  '$title',
  ({ title, entry }) => {
    test('has the gradients of central differences', () => {
      const inputs = entry.inputs.map((input, i) =>
        tensor(valuesOf(input, `${title}/${i}`), { shape: input.shape, requiresGrad: true }),
      );
      manualSeed(1);
      const output = entry.run(inputs);
      const weights = hashUniform(`${title}/weights`, output.size);
      output.backward(tensor(weights, { shape: output.shape }));

      const variables = [...inputs, ...(entry.module?.parameters() ?? [])];
      variables.forEach((variable, i) => {
        const start = variable.data.slice() as Float32Array;
        const numeric = finiteDifference(
          (values) => {
            variable.copyFrom(values);
            return weighted(entry, inputs, weights);
          },
          start,
          { eps: 1e-2 },
        );
        variable.copyFrom(start);
        expectClose(variable.grad!.data, numeric, { tolerance: 1e-3, label: `gradient of variable ${i}` });
        expect(Math.max(...numeric.map(Math.abs))).toBeGreaterThan(1e-3);
      });
    });
  },
);

test('every tensor method, function and layer that is exported has a case', () => {
  /** Not operations of a gradient, each with the reason. */
  const others = new Set([
    ...['Tensor.constructor', 'Tensor.item', 'Tensor.toArray', 'Tensor.toString', 'Tensor.copyFrom'], // no operation
    ...['Tensor.backward', 'Tensor.derive', 'Tensor.constant', 'Tensor.unary', 'Tensor.binary', 'Tensor.reduction'], // of other operations
    ...['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'isnan', 'isinf', 'isfinite', 'any', 'all', 'countNonzero'].map(
      (name) => `Tensor.${name}`,
    ), // masks
    ...['Tensor.detach', 'Tensor.argmax', 'Tensor.argmin', 'Tensor.argsort', 'Tensor.to'], // no gradient: tested below
    ...['F.pair', 'F.checkPair', 'F.checkProbability', 'F.oneHot', 'F.sinusoidalPositions'], // of arguments, not of tensors
    ...['nn.SpatialDropout1d', 'nn.SpatialDropout2d', 'nn.SpatialDropout3d', 'nn.VariationalDropout'], // other names
    'nn.dropPathRates', // of numbers
    ...['nn.Module', 'nn.DropoutModule', 'nn.RecurrentLayer', 'nn.isModule', 'nn.Parameter', 'nn.Buffer'], // not layers
  ]);
  const methods = new Map<string, PropertyDescriptor>();
  // The operations are inherited, a class for each family.
  for (let at: object = Tensor.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      methods.set(name, descriptor);
  }
  const surface = [
    ...[...methods].filter(([, { value }]) => typeof value === 'function').map(([name]) => `Tensor.${name}`),
    ...Object.keys(F).map((name) => `F.${name}`),
    ...Object.keys(nn).map((name) => `nn.${name}`),
    ...['cat', 'stack', 'meshgrid', 'where', 'einsum', 'crossEntropy', 'mseLoss'].filter((name) => name in core),
  ];
  expect(surface.length).toBeGreaterThan(60);
  const covered = new Set([
    ...cases.map(({ name }) => name),
    ...Object.keys({ ...activations.table, ...losses.table }),
  ]);
  expect(surface.filter((name) => !covered.has(name) && !others.has(name))).toEqual([]);
  expect([...covered, ...others].filter((name) => !surface.includes(name))).toEqual([]);
});

test('no gradient flows through detach, argmax and conversions to integers', () => {
  const x = tensor([1, 3, 2], { requiresGrad: true });
  for (const y of [x.detach(), x.argmax(), x.to('i32')]) {
    expect(y.requiresGrad).toBe(false);
    expect(() => y.sum().backward()).toThrow(/does not depend on anything that requires a gradient/);
  }
  x.mul(x.detach()).sum().backward();
  expect([...x.grad!.data]).toEqual([1, 3, 2]);
});

test('ties share the gradient of max evenly, and each gets half in maximum and minimum', () => {
  const x = tensor([2, 1, 2], { requiresGrad: true });
  x.max().backward();
  expect([...x.grad!.data]).toEqual([0.5, 0, 0.5]);
  for (const name of ['maximum', 'minimum'] as const) {
    const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([1, 2], { requiresGrad: true })];
    a[name](b).sum().backward();
    expect([...a.grad!.data, ...b.grad!.data]).toEqual([0.5, 0.5, 0.5, 0.5]);
  }
});

test('gradients add up over uses and over calls of backward, until they are forgotten', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  x.mul(3).add(x.square()).sum().backward();
  expect([...x.grad!.data]).toEqual([5, 7]);
  x.sum().backward();
  expect([...x.grad!.data]).toEqual([6, 8]);
  x.grad = null;
  x.sum().backward();
  expect([...x.grad!.data]).toEqual([1, 1]);
});
