/** What is proved of a case: its gradients, and its bits under every cut. */
import { manualSeed, type Tensor, tensor } from '@lockstep/core';
import { expectClose, finiteDifference, hashUniform } from '@lockstep/testkit';
import { expect } from 'vitest';
import { expectSameBits } from '../conformance/cuts.ts';
import { type GradientCase, type Input, leavesOf } from './case.ts';

export type TitledCase = GradientCase & { readonly title: string };

/** Σ output · weights in f64, with the dropout calls numbered from 0. */
function weighted(entry: GradientCase, inputs: Tensor[], weights: Float32Array): number {
  manualSeed(1);
  return entry.run(inputs).data.reduce((sum: number, value: number, i: number) => sum + value * weights[i]!, 0);
}

/** Gradients are central differences. Steps of 1e-2 in float32: truncation and rounding stay below 1e-3 of |gradient| + 1. */
export function expectCentralDifferences(entry: TitledCase): void {
  const { title } = entry;
  const inputs = leavesOf(entry.inputs, title);
  manualSeed(1);
  const output = entry.run(inputs);
  const weights = hashUniform(`${title}/weights`, output.size);
  output.backward(tensor(weights, { shape: output.shape }));

  const variables = [...inputs, ...(entry.module?.parameters() ?? [])].filter(({ requiresGrad }) => requiresGrad);
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
}

/** Enough for five shards, of unequal sizes. */
const samples = 7;

/** Axis 0 of the first input counts the samples, and that of every input as long and of the same rank. */
function ofSamples({ inputs }: GradientCase, { shape }: Input): boolean {
  const first = inputs[0]!.shape;
  return shape.length === first.length && shape[0] === first[0];
}

/** Results, gradients and buffers have the same bits for any number of workers and shards; seven samples, where the case takes them. */
export function expectBitsOfCuts(entry: TitledCase): void {
  const { module, title, fixedSamples = false } = entry;
  const batch = fixedSamples ? (entry.inputs[0]?.shape[0] ?? 1) : samples;
  const inputs = entry.inputs.map((input) => ({
    ...input,
    shape: ofSamples(entry, input) ? [batch, ...input.shape.slice(1)] : input.shape,
  }));
  const leaves = leavesOf(inputs, title);
  const split = leaves.map((_, i) => ofSamples(entry, entry.inputs[i]!));
  const run = (given: Readonly<Record<string, Tensor>>) =>
    entry.run(leaves.map((leaf, i) => given[`input ${i}`] ?? leaf));
  manualSeed(1);
  const { shape, size } = run({});
  const seen = expectSameBits({
    ...{ batch, run, upstream: hashUniform(`${title}/upstream`, size) },
    samples: Object.fromEntries(leaves.flatMap((leaf, i) => (split[i] ? [[`input ${i}`, leaf]] : []))),
    shared: [...leaves.filter((_, i) => !split[i]), ...(module?.parameters() ?? [])],
    buffers: [...(module?.namedBuffers() ?? [])].map(([, buffer]) => buffer),
  });
  if (shape[0] === batch && !entry.uncut)
    for (const { shards, tasks } of seen) expect(tasks).toBeGreaterThanOrEqual(shards);
}
