/** What counts as growth, on made-up series. */
import { describe, expect, test } from 'vitest';
import type { Sample } from '../sample.ts';
import { type Measure, measures, verdictOf } from '../verdict.ts';

const named = (name: Measure['name']): Measure => measures.find((measure) => measure.name === name)!;

function samples(value: (i: number) => Partial<Sample>, count = 90): Sample[] {
  const base = { rssMiB: 100, heapMiB: 20, arenaMiB: 5, threads: 11, files: 20, handles: 2, samplesPerSecond: 1000 };
  return Array.from({ length: count }, (_, i) => ({ seconds: i, steps: i, ...base, ...value(i) }));
}

/** Between −1 and 1, the same for the same number. */
const ripple = (i: number): number => (((i * 7919) % 101) - 50) / 50;

describe('the last third against the second', () => {
  test.each<[name: Measure['name'], leak: (i: number) => number]>([
    ['rssMiB', (i) => 100 + 0.2 * i + 3 * ripple(i)],
    ['heapMiB', (i) => 20 + 0.06 * i],
    ['arenaMiB', (i) => 5 + (i >> 4)],
    ['threads', (i) => 11 + Math.floor(i / 40)],
    ['files', (i) => 20 + Math.floor(i / 20)],
    ['handles', (i) => 2 + Math.floor(i / 30)],
    ['samplesPerSecond', (i) => 1000 - 7 * i + 20 * ripple(i)],
  ])('%s that goes the wrong way is told', (name, leak) => {
    expect(
      verdictOf(
        samples((i) => ({ [name]: leak(i) })),
        named(name),
      )!.flat,
    ).toBe(false);
  });

  test('a warm-up, a ripple and a change for the better are flat', () => {
    for (const [name, value] of [
      ['rssMiB', (i: number) => (i < 30 ? 50 + i : 80) + 4 * ripple(i)],
      ['rssMiB', (i: number) => 200 - i],
      ['threads', () => 11],
      ['samplesPerSecond', (i: number) => 1000 + 5 * i],
      ['samplesPerSecond', (i: number) => 1000 + 300 * ripple(i)],
    ] as const)
      expect(
        verdictOf(
          samples((i) => ({ [name]: value(i) })),
          named(name),
        )!.flat,
        name,
      ).toBe(true);
  });

  test('a measure that the system does not give, and a run that is too short, have no verdict', () => {
    expect(
      verdictOf(
        samples(() => ({ threads: undefined })),
        named('threads'),
      ),
    ).toBeUndefined();
    expect(
      verdictOf(
        samples(() => ({}), 8),
        named('rssMiB'),
      ),
    ).toBeUndefined();
  });
});
