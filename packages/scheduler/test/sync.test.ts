/** The barrier with real threads: nobody passes early, latecomers are admitted, an abort frees everybody. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Sync } from '../src/worker/sync.ts';
import { type RoundsJob, type RoundsReport, roundsOffset, roundWords, tasks } from './sync-worker.ts';

function sharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 8, maximum: 8, shared: true });
}

async function inThread(job: Partial<RoundsJob> & Pick<RoundsJob, 'memory' | 'rounds'>): Promise<RoundsReport> {
  const workerData: RoundsJob = { joinAt: 0, company: 1, leaves: false, preemptedRounds: 0, ...job };
  const worker = new Worker(new URL('./sync-worker.ts', import.meta.url), { workerData });
  const [report] = (await once(worker, 'message')) as [RoundsReport];
  return report;
}

async function inThreads(threads: number, rounds: number): Promise<{ reports: RoundsReport[]; words: Int32Array }> {
  const memory = sharedMemory();
  const reports = await Promise.all(Array.from({ length: threads }, () => inThread({ memory, rounds })));
  return { reports, words: new Int32Array(memory.buffer) };
}

/** Every round was complete, and its tasks were claimed once each. */
function expectWhole(words: Int32Array, rounds: number): void {
  for (let round = 0; round < rounds; round++) {
    const at = roundsOffset(round);
    const [arrived, needed, claimed] = words.subarray(at, at + roundWords);
    if (arrived === needed && arrived! > 0 && claimed === tasks) continue;
    expect({ round, arrived, needed, claimed }).toEqual({ round, arrived: needed, needed, claimed: tasks });
  }
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('the barrier', () => {
  for (const threads of [1, 2, 3, 4]) {
    test(`lets none of ${threads} threads pass early in 10 000 rounds`, async () => {
      const rounds = 10_000;
      const { reports, words } = await inThreads(threads, rounds);
      expect(total(reports.map(({ early }) => early))).toBe(0);
      expect(Math.max(...reports.map((report) => report.rounds))).toBe(rounds);
      expect(total(reports.map(({ claimed }) => claimed))).toBe(rounds * tasks);
      expectWhole(words, rounds);
    });
  }

  test('holds with four times as many threads as cores of a small machine', async () => {
    const rounds = 500;
    const { reports, words } = await inThreads(8, rounds);
    expect(total(reports.map(({ early }) => early))).toBe(0);
    expectWhole(words, rounds);
  });

  test('admits a thread that comes late, from then on to the end', async () => {
    const memory = sharedMemory();
    const job = { memory, rounds: 10_000, company: 2 };
    const [first, second] = await Promise.all([inThread(job), inThread({ ...job, joinAt: 1 })]);
    expect(first).toMatchObject({ rounds: job.rounds, early: 0 });
    expect(second).toMatchObject({ joined: true, early: 0 });
    expect(second.rounds).toBeGreaterThan(0);
    expect(second.rounds).toBeLessThan(job.rounds);
    expectWhole(new Int32Array(memory.buffer), job.rounds);
  });

  test('lets nobody pass early when the thread that opens it is preempted between any two of its writes', async () => {
    const memory = sharedMemory();
    const job = { memory, rounds: 1000, company: 3 };
    const preempted = inThread({ ...job, preemptedRounds: 3 });
    const reports = await Promise.all([preempted, ...[1, 2].map((joinAt) => inThread({ ...job, joinAt }))]);
    expect(reports.map(({ joined, early }) => ({ joined, early }))).toEqual(
      reports.map(() => ({ joined: true, early: 0 })),
    );
    expectWhole(new Int32Array(memory.buffer), job.rounds);
  });

  test('turns away a thread that comes after the end', async () => {
    const memory = sharedMemory();
    await inThread({ memory, rounds: 5 });
    expect(await inThread({ memory, rounds: 5 })).toMatchObject({ joined: false, rounds: 0 });
  });

  test('frees the threads that wait for one that left, once somebody aborts', async () => {
    const memory = sharedMemory();
    const job = { memory, rounds: 10_000, company: 3 };
    const stay = [inThread(job), inThread(job)];
    expect(await inThread({ ...job, leaves: true })).toMatchObject({ joined: true, aborted: false });
    const abortedAt = performance.now();
    new Sync(memory, 0).abort();
    expect((await Promise.all(stay)).map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(performance.now() - abortedAt).toBeLessThan(2000);
  });

  test('counts nothing before a reset has cleared it', () => {
    const sync = new Sync(sharedMemory(), 0);
    expect([sync.item, sync.phase, sync.completed, sync.participants, sync.aborted, sync.stopping]).toEqual([
      0,
      0,
      0,
      0,
      false,
      false,
    ]);
    sync.abort();
    sync.stop();
    sync.countStep();
    expect([sync.completed, sync.aborted, sync.stopping]).toEqual([1, true, true]);
    sync.reset();
    expect([sync.completed, sync.aborted, sync.stopping]).toEqual([0, false, false]);
  });
});
