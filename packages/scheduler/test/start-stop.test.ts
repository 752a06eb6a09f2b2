/** Pools and runs that end leave nothing: no thread, no open file, no handle, no memory, however they end. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Held } from './start-stop-run.ts';

test('100 starts and stops in one process: complete, aborted, failed in an event and in a worker, closed early', async () => {
  // In a process of its own: whatever the test runner holds is not counted.
  const script = fileURLToPath(new URL('./start-stop-run.ts', import.meta.url));
  const flags = ['--expose-gc', '--conditions=@lockstep/source'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, '100']);
  const [first, ...later] = JSON.parse(stdout) as [Held, ...Held[]];
  expect(later.map(({ starts }) => starts)).toEqual([40, 60, 80, 100]);
  for (const held of later) {
    const { threads, files, handles, arenaBytes } = held;
    expect({ threads, files, handles, arenaBytes }).toEqual({
      threads: first.threads,
      files: first.files,
      handles: first.handles,
      arenaBytes: 0,
    });
  }
  const last = later.at(-1)!;
  // Compiled code and the like: 80 starts that kept one model or data set each would add as many pages.
  expect(last.heapBytes - first.heapBytes).toBeLessThan(80 * 16_384);
  // What malloc keeps of stacks and heaps of threads that have ended goes up and down by 30 MiB.
  expect(last.rssBytes - first.rssBytes).toBeLessThan(64 * 2 ** 20);
}, 180_000);
