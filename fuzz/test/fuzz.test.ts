/** The short form of `npm run fuzz`, and what the fuzzer itself must find. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { names } from '../readers/index.ts';
import { fuzz } from '../run.ts';

describe('300 inputs', () => {
  test.each(names)('%s: its own errors, within its bounds', async (reader) => {
    const { finding, inputs, accepted, refused } = await fuzz({ reader, inputs: 300, seed: 1 });
    expect(finding).toBeUndefined();
    expect(inputs).toBeGreaterThanOrEqual(300);
    // Both happen: changes are neither all harmless nor all fatal. Locks and metrics take any bytes.
    expect(accepted).toBeGreaterThan(10);
    if (reader !== 'run-lock' && reader !== 'metrics') expect(refused).toBeGreaterThan(100);
  });
});

describe('a reader with a fault is found out', () => {
  test.each([
    ['foreign', /^it threw TypeError: no DataError/],
    ['greedy', /^it took 1000000 bytes for \d+, the bound is \d+/],
    ['polluting', /^it changed Object\.prototype/],
    ['talkative', /^its message has 5003 characters/],
    ['slow', /^it took \d+ ms/],
    ['endless', /^it did not end within 1200 ms/],
  ])('%s', async (fault, what) => {
    const module = new URL('./faulty-readers.ts', import.meta.url).href;
    const { finding } = await fuzz({ reader: fault, inputs: 300, seed: 1, module, mostMs: 200 });
    expect(finding).toMatch(what);
    const [, path] = / bytes in (.*)$/.exec(finding!)!;
    // The smallest input that shows it; one that does not end cannot be made smaller.
    if (fault !== 'endless') expect(readFileSync(path!).length).toBeLessThan(20);
  });
});
