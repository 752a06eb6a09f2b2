/** The three proofs of an export, as tests: one describe block for each golden case. */
import { type Tensor, tensor } from '@lockstep/core';
import { expectClose, finiteDifference, goldenArray } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { expectSameBits } from './cuts.ts';
import { type Case, casesOf, isSmooth, isSplit, type Kind, type Subject, samplesOf, tensorsOf } from './kind.ts';
import { proves, provesGolden } from './proves.ts';

/** |actual − expected| ≤ 1e-5 · (|expected| + 0.1), as for all golden values. */
const closely = (label: string) => ({ tolerance: 1e-5, scale: 0.1, label });

export function prove(kind: Kind): void {
  describe.each(Object.entries(kind.table))('%s', (name, subject) => {
    describe.each(casesOf(kind, subject).map((entry) => ({ title: titleOf(entry), entry })))('$title', ({ entry }) => {
      test('has the values and gradients of PyTorch', (context) => {
        provesGolden(context, [name]);
        golden(subject, entry);
      });
      if (isSmooth(entry)) {
        test('has the gradients of central differences', (context) => {
          proves(context, 'gradient', name);
          centralDifferences(subject, entry);
        });
      }
      if (isSplit(entry)) {
        test('has the same bits for any number of workers and shards', (context) => {
          proves(context, 'bits', name);
          cuts(subject, entry);
        });
      }
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

/** Axis 0 of the inputs counts the samples, but where all samples share an input. */
function cuts(subject: Subject, entry: Case): void {
  const values = tensorsOf(entry);
  const names = Object.keys(values);
  const shared = Object.keys(entry.gradients)
    .filter((name) => subject.shared?.includes(name))
    .map((name) => values[name]!);
  const samples = Object.fromEntries(
    names.filter((name) => !subject.shared?.includes(name)).map((name) => [name, values[name]!]),
  );
  const perSample = entry.output.shape[0] === samplesOf(entry) && (subject.bySamples?.(entry.options) ?? true);
  const seen = expectSameBits({
    ...{ batch: samplesOf(entry), samples, shared, upstream: goldenArray(entry.upstream) },
    run: (inputs) => subject.run({ ...values, ...inputs }, entry.options),
  });
  for (const { shards, tasks } of seen) if (perSample) expect(tasks).toBeGreaterThanOrEqual(shards);
}
