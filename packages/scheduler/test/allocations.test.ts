/** No step allocates: a segment of many steps takes no more of the heap than the segment itself does. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { AllocationReport } from './allocations-run.ts';

test('512 steps allocate nothing and leave nothing behind', async () => {
  // In a process of its own: whatever the test runner allocates meanwhile is not counted.
  const script = fileURLToPath(new URL('./allocations-run.ts', import.meta.url));
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--conditions=@lockstep/source'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script]);
  const { steps, segments, allocatedBytes, keptBytes }: AllocationReport = JSON.parse(stdout);
  expect(segments).toBeGreaterThan(3);
  // A segment takes about 10 KB, whatever its length. The smallest object there is, once a step, would add 6 KB.
  expect(allocatedBytes).toBeLessThan(10_000 + steps * 12);
  expect(keptBytes).toBeLessThan(4096);
});
