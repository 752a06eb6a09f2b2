/** Child process of allocations.test.ts: trains a tiny network in this thread and counts heap bytes while the worker's loop runs. */
import { getHeapStatistics } from 'node:v8';
import type { Pool } from '../src/pool/pool.ts';
import type { Segment } from '../src/worker/protocol.ts';
import { runSegment } from '../src/worker/run-segment.ts';
import { Sync } from '../src/worker/sync.ts';
import { points, tinyRun } from './tiny-problem.ts';

/** Of the segments of `steps` steps: the least that one allocated, and that one left behind. */
export interface AllocationReport {
  readonly steps: number;
  readonly segments: number;
  readonly allocatedBytes: number;
  readonly keptBytes: number;
}

const steps = 512;
const batchSize = 16;
const gc = (globalThis as { gc?: () => void }).gc!;
const segments: { allocated: number; kept: number }[] = [];

// No collection happens between the first two looks: the young generation is larger than all that a segment could allocate.
const pool: Pool = {
  kind: 'inline',
  workers: 1,
  async run(segment: Segment): Promise<void> {
    gc();
    const before = getHeapStatistics().used_heap_size;
    runSegment(segment);
    const after = getHeapStatistics().used_heap_size;
    gc();
    if (new Sync(segment.memory, segment.at.sync).completed < steps) return;
    segments.push({ allocated: after - before, kept: getHeapStatistics().used_heap_size - before });
  },
  resize() {},
  async close(): Promise<void> {},
};

await tinyRun({ pool, data: points(steps * batchSize), batchSize, epochs: 16 });
// V8's compiler allocates now and then, while a step that allocates does so always: so the least of the segments counts.
const least = (key: 'allocated' | 'kept') => Math.min(...segments.map((segment) => segment[key]));
const report: AllocationReport = {
  steps,
  segments: segments.length,
  allocatedBytes: least('allocated'),
  keptBytes: least('kept'),
};
console.log(JSON.stringify(report));
