/**
 * Every differentiable export, and those without a gradient, in a program of one step: results, gradients and buffers have the bits of eager
 * computation for 1, 2 and 3 workers and for 1, 2 and 5 shards. The workers are interpreters with scratch of their own that take turns in this
 * thread; threads are in the scheduler's tests and in `hashes`.
 */
import { test } from 'vitest';
import { proves } from './conformance/proves.ts';
import { forwardCases } from './forward-cases.ts';
import { gradientCases } from './gradient-cases/index.ts';
import { expectBitsOfCuts, type TitledCase } from './gradient-cases/proofs.ts';

const cases: readonly TitledCase[] = [
  ...gradientCases.filter(({ ofShards }) => !ofShards),
  ...forwardCases.map((entry, i) => ({ ...entry, title: `${entry.name} (forward case ${i})` })),
];

test.for(cases)('$title has the same bits for any number of workers and shards', (entry, context) => {
  proves(context, 'bits', entry.name);
  expectBitsOfCuts(entry);
});
