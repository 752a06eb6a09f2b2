/** Profiles: the trace is well formed, spans nest, the sums are whole, and no bit of the weights depends on being watched. */
import { afterAll, describe, expect, test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import { type Profile, profileTotals, type Span } from '../src/profile/profile.ts';
import { Profiler } from '../src/profile/profiler.ts';
import { chromeTrace } from '../src/profile/trace.ts';
import { points, tinyRun } from './tiny-problem.ts';

const pools = [new InlinePool(), new NodePool({ workers: 2 }), new NodePool({ workers: 3 })];
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: string;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const depth = { step: 0, phase: 1, wait: 1, kernel: 2 } as const;

/** In ns, in the order of time, an outer span before what it holds. */
function spansOf(events: readonly TraceEvent[], tid: number) {
  return events
    .filter((event) => event.ph === 'X' && event.tid === tid)
    .map(({ cat, ts, dur }) => {
      const start = Math.round(ts * 1000);
      return { start, end: start + Math.round(dur * 1000), depth: depth[cat as keyof typeof depth] };
    })
    .sort((a, b) => a.start - b.start || a.depth - b.depth || a.end - b.end);
}

/** Every span lies in the last one of the depth above, and begins where its neighbour has ended. */
function expectNested(spans: ReturnType<typeof spansOf>): void {
  const last: { start: number; end: number }[] = [];
  for (const span of spans) {
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    const neighbour = last[span.depth];
    if (neighbour) expect(span.start).toBeGreaterThanOrEqual(neighbour.end);
    if (span.depth > 0) {
      const around = last[span.depth - 1]!;
      expect([span.start >= around.start, span.end <= around.end]).toEqual([true, true]);
    }
    last[span.depth] = span;
  }
}

describe.each(pools)('$kind pool with $workers workers', (pool) => {
  test('the trace is JSON whose spans nest and do not overlap, a track a worker', async () => {
    const profiler = new Profiler();
    await tinyRun({ pool, profiler, shards: 4 });
    const { traceEvents, otherData } = JSON.parse(chromeTrace(profiler.profile()));
    // 50 samples in batches of 16: 4 steps an epoch, the last of 2 samples.
    expect(otherData).toEqual({ steps: 8, droppedSteps: 0 });
    const names = traceEvents.filter((event: TraceEvent) => event.name === 'thread_name');
    expect(names).toHaveLength(pool.workers);
    for (let worker = 0; worker < pool.workers; worker++) expectNested(spansOf(traceEvents, worker));
    const labelled = traceEvents.find((event: TraceEvent) => event.args?.layer === 'layers.0');
    expect(labelled).toMatchObject({ cat: 'kernel', args: { op: expect.any(String) } });
  });

  test('the weights are the same bits with and without a profiler', async () => {
    const plain = await tinyRun({ pool });
    const profiled = await tinyRun({ pool, profiler: new Profiler() });
    expect(profiled.hash).toBe(plain.hash);
  });
});

test('clocks of all workers agree: nobody starts a step before the others have ended the last one', async () => {
  const profiler = new Profiler();
  await tinyRun({ pool: pools[1]!, profiler, data: points(512), batchSize: 128 });
  const { workers } = profiler.profile();
  const ofStep = (spans: readonly Span[], step: number) => spans.filter((span) => span.step === step);
  for (let step = 1; step < 8; step++) {
    const started = workers.flatMap((spans) => ofStep(spans, step).map(({ startMs }) => startMs));
    const tasksDone = workers.flatMap((spans) =>
      ofStep(spans, step - 1).flatMap((span) => (span.kind === 'call' ? [span.endMs] : [])),
    );
    expect(Math.min(...started)).toBeGreaterThanOrEqual(Math.max(...tasksDone));
  }
});

test('the tables sum to the time of the workers', async () => {
  const profiler = new Profiler();
  await tinyRun({ profiler, data: points(2048), batchSize: 256, epochs: 1 });
  const profile: Profile = profiler.profile();
  const { kernels, layers, waitMs, betweenMs, totalMs } = profileTotals(profile);
  const sum = (rows: readonly { ms: number }[]) => rows.reduce((total, { ms }) => total + ms, 0);
  expect(sum(kernels)).toBeCloseTo(sum(layers), 6);
  expect(sum(kernels) + waitMs + betweenMs).toBeCloseTo(totalMs, 6);
  // By the clock: each step from its first to its last moment, whatever happens between its spans.
  const steps = new Map<number, { from: number; to: number }>();
  for (const { step, startMs, endMs } of profile.workers[0]!) {
    const known = steps.get(step) ?? { from: startMs, to: endMs };
    steps.set(step, { from: Math.min(known.from, startMs), to: Math.max(known.to, endMs) });
  }
  const elapsed = [...steps.values()].reduce((total, { from, to }) => total + to - from, 0);
  expect(totalMs).toBeLessThanOrEqual(elapsed + 1e-6);
  expect(totalMs).toBeGreaterThan(0.5 * elapsed);
  expect(kernels.find(({ name }) => name === 'sgd')).toMatchObject({ flops: 0 });
});

test('of a long run the last recorded steps are kept, whole, and the others counted', async () => {
  const profiler = new Profiler({ steps: 5 });
  // 100 steps; 0–7, 32–39, 64–71 and 96–99 are recorded.
  await tinyRun({ profiler, data: points(400), batchSize: 8, epochs: 2 });
  const profile = profiler.profile();
  expect([profile.steps, profile.droppedSteps]).toEqual([5, 95]);
  const calls = new Map<number, number>();
  for (const { kind, step } of profile.workers[0]!) if (kind === 'call') calls.set(step, (calls.get(step) ?? 0) + 1);
  expect([...calls.keys()]).toEqual([71, 96, 97, 98, 99]);
  expect(new Set([...calls].filter(([step]) => step > 71).map(([, count]) => count)).size).toBe(1);
});

test('steps that are no whole number of at least 1 are a RangeError', () => {
  expect(() => new Profiler({ steps: 0 })).toThrow(new RangeError('steps: expected an integer ≥ 1, got 0'));
});
