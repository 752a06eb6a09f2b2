/** Child process of start-stop.test.ts: makes a pool and a run and closes them, again and again, well and badly; prints what the process holds. */
import { readdirSync, readFileSync } from 'node:fs';
import { defaultArena } from '@lockstep/core';
import { NodePool } from '../src/pool/node.ts';
import type { Pool } from '../src/pool/pool.ts';
import { points, tinyRun } from './tiny-problem.ts';

/** What the process holds after so many starts. */
export interface Held {
  readonly starts: number;
  /** Undefined where the system does not say. */
  readonly threads: number | undefined;
  readonly files: number | undefined;
  /** Timers, ports, sockets and the like that keep the event loop alive. */
  readonly handles: readonly string[];
  readonly arenaBytes: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
}

type Start = (pool: Pool) => Promise<unknown>;

const rounds = Number(process.argv[2]);
const data = points(48);
const common = { data, batchSize: 8 };
const gc = (globalThis as { gc?: () => void }).gc!;

const starts: readonly Start[] = [
  (pool) => tinyRun({ ...common, pool, test: data, snapshotEvery: { epochs: 1 }, onSnapshot: () => {} }),
  (pool) => {
    const abort = new AbortController();
    const onEvent = ({ step }: { step: number }) => step > 20 && abort.abort();
    return tinyRun({ ...common, pool, epochs: 50, signal: abort.signal, onEvent });
  },
  (pool) =>
    failing(/^the event$/, () =>
      tinyRun({
        ...common,
        pool,
        onEvent: () => {
          throw new Error('the event');
        },
      }),
    ),
  (pool) => {
    // Workers find no program.
    const broken: Pool = {
      kind: pool.kind,
      get workers() {
        return pool.workers;
      },
      run: (segment) => pool.run({ ...segment, programs: [] }),
      resize: (workers) => pool.resize(workers),
      close: () => pool.close(),
    };
    return failing(/cannot be done: 3 times in a row a worker failed: /, () => tinyRun({ ...common, pool: broken }));
  },
  async (pool) => {
    const running = failing(/^(?:a worker failed: |the pool is closed$)/, () =>
      tinyRun({ ...common, pool, epochs: 100_000 }),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    await pool.close();
    await running;
  },
];

async function failing(message: RegExp, run: () => Promise<unknown>): Promise<void> {
  const thrown = await run().then(
    () => new Error('it did not fail'),
    (error: Error) => error,
  );
  if (!message.test(thrown.message)) throw thrown;
}

/** After garbage is collected and finalisers and threads have ended. */
async function held(starts: number): Promise<Held> {
  for (let turn = 0; turn < 5; turn++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const threads = /^Threads:\s*(\d+)/m.exec(status)?.[1];
  const { heapUsed, rss } = process.memoryUsage();
  return {
    starts,
    threads: threads === undefined ? undefined : Number(threads),
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : undefined,
    handles: process.getActiveResourcesInfo().sort(),
    arenaBytes: defaultArena().usedBytes,
    heapBytes: heapUsed,
    rssBytes: rss,
  };
}

const seen: Held[] = [];
for (let i = 0; i < rounds; i++) {
  const pool = new NodePool({ workers: 1 + (i % 2) });
  try {
    await starts[i % starts.length]!(pool);
  } finally {
    await pool.close();
  }
  if ((i + 1) % (rounds / 5) === 0) seen.push(await held(i + 1));
}
console.log(JSON.stringify(seen));
