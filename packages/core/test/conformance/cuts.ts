/** One step of a program under every cut: any number of shards, run by any number of workers, gives the bits of eager computation. */
import {
  gradients,
  inputTensor,
  manualSeed,
  type Node,
  Tensor,
  tensor,
  tracedEffects,
  traceWith,
} from '@lockstep/core';
import { expectBitsEqual } from '@lockstep/testkit';
import { expect } from 'vitest';
import { programOf } from '../program.ts';

// biome-ignore lint/suspicious/noExplicitAny: f32 or i32, as the operand is.
type AnyTensor = Tensor<any>;
type Named = Readonly<Record<string, AnyTensor>>;

export interface CutSubject {
  readonly batch: number;
  /** Operands whose axis 0 counts the samples. */
  readonly samples: Named;
  /** Other leaves that get a gradient. */
  readonly shared: readonly AnyTensor[];
  /** Tensors that it changes besides. */
  readonly buffers?: readonly AnyTensor[];
  /** The gradient of the result, which is f32 if there is any. */
  readonly upstream: Float32Array;
  readonly run: (samples: Named) => AnyTensor;
}

/** More shards than samples are as many as samples. */
export const shardCounts = [1, 2, 5] as const;
export const workerCounts = [1, 2, 3] as const;
const seed = 1;
/** Stands in every result before a step, so that one that is not computed is seen. */
const poison = 0xab;

/** Checks results, gradients and buffers; returns the number of tasks that each number of shards gave. */
export function expectSameBits(subject: CutSubject): { readonly shards: number; readonly tasks: number }[] {
  const { batch, buffers = [] } = subject;
  const before = buffers.map(({ data }) => data.slice());
  const restore = () => buffers.forEach((buffer, i) => void buffer.copyFrom(before[i]!));
  const wanted = eager(subject);
  return [...new Set(shardCounts.map((count) => Math.min(count, batch)))].map((shards) => {
    restore();
    const traced = Object.entries(subject.samples).map(([name, { shape, dtype }]) => [
      name,
      inputTensor(name, { shape, dtype }) as AnyTensor,
    ]) as [string, AnyTensor][];
    const { results, updates, upstream } = trace(subject, Object.fromEntries(traced));
    const inputs = traced.map(([, input]) => input);
    const filled = upstream ? [...inputs, upstream] : inputs;
    const workers = workerCounts.at(-1)!;
    const program = programOf([...filled, ...Object.values(results)], { batch, shards, workers, updates });
    const data = [...Object.values(subject.samples).map((values) => values.data), subject.upstream];
    for (const count of workerCounts) {
      restore();
      program.restart();
      for (const result of Object.values(results)) program.data(result).fill(poison);
      filled.forEach((input, i) => void program.data(input).set(data[i]!));
      program.step(0, undefined, count);
      const seen = [...Object.entries(results), ...named(buffers)];
      expect(seen.map(([name]) => name)).toEqual(Object.keys(wanted));
      for (const [name, result] of seen) {
        const values = name in results ? program.data(result) : result.data;
        expectBitsEqual(values, wanted[name]!, `${name}, ${shards} shards, ${count} workers`);
      }
    }
    restore();
    return { shards, tasks: program.tasks };
  });
}

const named = (tensors: readonly AnyTensor[], word = 'buffer') =>
  tensors.map((value, i) => [`${word} ${i}`, value] as const);

/** The leaves that get a gradient, by name. */
function variablesOf({ samples, shared }: CutSubject, inputs: Named): [string, AnyTensor][] {
  const differentiable = Object.keys(samples).filter((name) => samples[name]!.requiresGrad);
  return [
    ...differentiable.map((name) => [name, inputs[name]!] as [string, AnyTensor]),
    ...named(shared, 'shared'),
  ].map(([name, value]) => [`gradient of ${name}`, value]);
}

/** Result, gradients and buffers of a step in this thread; bits of f32 or i32. */
function eager(subject: CutSubject): Record<string, AnyTensor['data']> {
  const variables = variablesOf(subject, subject.samples);
  for (const [, variable] of variables) variable.grad = null;
  manualSeed(seed);
  const output = subject.run(subject.samples);
  const seen: Record<string, AnyTensor['data']> = { output: output.data.slice() };
  if (output.requiresGrad) output.backward(tensor(subject.upstream, { shape: output.shape }));
  for (const [name, { grad }] of variables) if (grad) seen[name] = grad.data.slice();
  for (const [name, buffer] of named(subject.buffers ?? [])) seen[name] = buffer.data.slice();
  return seen;
}

/** The same, traced: `upstream` is an input where each sample has its part of the result. */
function trace(subject: CutSubject, inputs: Named) {
  let updates: readonly Node[] = [];
  const output = traceWith(seed, () => {
    const result = subject.run(inputs);
    updates = tracedEffects();
    return result;
  });
  const results: Record<string, AnyTensor> = { output };
  const variables = variablesOf(subject, inputs);
  if (output.dtype !== 'f32' || variables.length === 0) return { results, updates, upstream: undefined };
  const { shape } = output;
  const perSample = shape[0] === subject.batch;
  const upstream = perSample ? inputTensor('upstream', { shape, dtype: 'f32' }) : tensor(subject.upstream, { shape });
  const found = gradients(
    output.node,
    upstream.node,
    variables.map(([, variable]) => variable.node),
  );
  found.forEach((node, i) => {
    if (node) results[variables[i]![0]] = new Tensor(node);
  });
  return { results, updates, upstream: perSample ? upstream : undefined };
}
