import { expect, test } from 'vitest';
import { batches } from '../src/index.ts';

test('seven samples in batches of three: two whole steps and a remainder of one', () => {
  const plan = batches({ count: 7, batchSize: 3 });
  const into = new Int32Array(3);
  expect(plan.steps).toBe(3);
  expect([plan.fill(0, into), [...into]]).toEqual([3, [0, 1, 2]]);
  expect([plan.fill(2, into), into[0]]).toEqual([1, 6]);
  expect([0, 1, 2].map(plan.sizeOf)).toEqual([3, 3, 1]);
});

test('the permutation says which sample stands at which place', () => {
  const plan = batches({ count: 5, batchSize: 2, permute: (i) => (i * 2 + 1) % 5 });
  const into = new Int32Array(2);
  plan.fill(1, into);
  expect([...into]).toEqual([0, 2]);
});

test('an epoch covers every sample exactly once, whatever the batch size', () => {
  for (const [count, batchSize] of [
    [1, 1],
    [64, 64],
    [100, 7],
    [101, 50],
    [10, 99],
  ] as const) {
    const plan = batches({ count, batchSize, permute: (i) => (i * 37 + 11) % count });
    const into = new Int32Array(batchSize);
    const seen: number[] = [];
    for (let step = 0; step < plan.steps; step++) seen.push(...into.subarray(0, plan.fill(step, into)));
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
  }
});

test('what cannot be a plan or a step of it is a RangeError that quotes it', () => {
  expect(() => batches({ count: 10, batchSize: 0 })).toThrow('batchSize: expected a whole number from 1, got 0.');
  expect(() => batches({ count: 0, batchSize: 5 })).toThrow('count: expected a whole number from 1, got 0.');
  const plan = batches({ count: 10, batchSize: 4 });
  expect(() => plan.sizeOf(3)).toThrow('step: expected a whole number from 0 to 2, got 3.');
  expect(() => plan.fill(0, new Int32Array(3))).toThrow('into: expected room for 4 indices, got 3.');
});
