/** The three proofs of an export, as tests: one describe block for each golden case. */
import { gradients, inputTensor, Tensor, tensor } from '@lockstep/core';
import { expectBitsEqual, expectClose, finiteDifference, goldenArray } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { programOf } from '../program.ts';
import { type Case, casesOf, isSmooth, isSplit, type Kind, type Subject, samplesOf, tensorsOf } from './registry.ts';

/** |actual − expected| ≤ 1e-5 · (|expected| + 0.1), as for all golden values. */
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

export function prove(kind: Kind): void {
  describe.each(Object.entries(kind.table))('%s', (_, subject) => {
    describe.each(casesOf(kind, subject).map((entry) => ({ title: titleOf(entry), entry })))('$title', ({ entry }) => {
      test('has the values and gradients of PyTorch', () => golden(subject, entry));
      if (isSmooth(entry)) test('has the gradients of central differences', () => centralDifferences(subject, entry));
      if (isSplit(entry)) test('has the same bits for any number of shards', () => shards(subject, entry));
    });
  });
}

function titleOf({ name, note, options }: Case): string {
  return `${name} ${JSON.stringify(options)}${note ? ` (${note})` : ''}`;
}

function golden(subject: Subject, entry: Case): void {
  const { output, found } = eager(subject, entry);
  expect(output.shape).toEqual(entry.output.shape);
  expectClose(output.data, entry.output.data, closely('output'));
  for (const [name, expected] of Object.entries(entry.gradients))
    expectClose(found[name]!.data, expected, closely(`gradient of ${name}`));
}

/** The result and the gradients of the inputs, computed in this thread. */
function eager(subject: Subject, entry: Case): { output: Tensor; found: Record<string, Tensor> } {
  const inputs = tensorsOf(entry);
  const output = subject.run(inputs, entry.options);
  output.backward(tensor(goldenArray(entry.upstream), { shape: entry.upstream.shape }));
  return { output, found: Object.fromEntries(Object.keys(entry.gradients).map((name) => [name, inputs[name]!.grad!])) };
}

const [eps, clearance] = [1e-2, 0.03];

function centralDifferences(subject: Subject, entry: Case): void {
  const inputs = tensorsOf(entry);
  const kinks = subject.kinks?.(entry.options) ?? [];
  const input = inputs.input!;
  input.copyFrom(input.data.map((value) => awayFrom(kinks, value)));
  const upstream = goldenArray(entry.upstream);
  const value = () =>
    subject.run(inputs, entry.options).data.reduce((sum: number, y, i) => sum + y * upstream[i]!, 0) as number;
  subject.run(inputs, entry.options).backward(tensor(upstream, { shape: entry.upstream.shape }));
  for (const name of Object.keys(entry.gradients)) {
    const variable = inputs[name]!;
    const start = variable.data.slice();
    const numeric = finiteDifference(
      (values) => {
        variable.copyFrom(values);
        return value();
      },
      start,
      { eps },
    );
    variable.copyFrom(start);
    // A difference of large sums has their rounding error.
    const noise = (Math.abs(value()) * 2 ** -23) / eps;
    expectClose(variable.grad!.data, numeric, { tolerance: 1e-3 + noise, label: `gradient of ${name}` });
  }
}

/** The value, or one close by whose neighbourhood holds no kink. */
function awayFrom(kinks: readonly number[], value: number): number {
  const kink = kinks.find((at) => Math.abs(value - at) < clearance);
  return kink === undefined ? value : awayFrom(kinks, kink + clearance * 1.5);
}

/** Compiles the case for several numbers of shards; results and gradients must be those of this thread. */
function shards(subject: Subject, entry: Case): void {
  const expected = eager(subject, entry);
  const batch = samplesOf(entry);
  const ofSamples = (name: string) => !subject.shared?.includes(name);
  const values = tensorsOf(entry);
  const inputs: Record<string, Tensor> = {};
  for (const [name, array] of Object.entries(entry.inputs)) {
    const { shape, dtype = 'f32' } = array;
    inputs[name] = ofSamples(name) ? (inputTensor(name, { shape, dtype }) as Tensor) : values[name]!;
  }
  const output = subject.run(inputs, entry.options);
  const perSample = output.shape[0] === batch;
  const dy = goldenArray(entry.upstream);
  const { shape } = entry.upstream;
  const upstream = perSample ? inputTensor('upstream', { shape, dtype: 'f32' }) : tensor(dy, { shape });
  const names = Object.keys(entry.gradients);
  const nodes = gradients(
    output.node,
    upstream.node,
    names.map((name) => inputs[name]!.node),
  );
  const results = [output, ...nodes.map((node) => new Tensor(node!))];
  const wanted = [expected.output, ...names.map((name) => expected.found[name]!)];
  for (const count of new Set([1, 2, 3, batch].filter((count) => count <= batch))) {
    const traced = Object.keys(inputs).filter(ofSamples);
    const program = programOf([...traced.map((name) => inputs[name]!), ...(perSample ? [upstream] : []), ...results], {
      batch,
      shards: count,
    });
    for (const name of traced) program.data(inputs[name]!).set(values[name]!.data);
    if (perSample) program.data(upstream).set(dy);
    program.step(0);
    results.forEach((result, i) => {
      expectBitsEqual(program.data(result), wanted[i]!.data, `${i === 0 ? 'output' : names[i - 1]}, ${count} shards`);
    });
    if (perSample && (subject.bySamples?.(entry.options) ?? true)) expect(program.tasks).toBeGreaterThanOrEqual(count);
  }
}
