/** Pools whose workers fail at a chosen place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { NodeThread } from '../src/pool/node.ts';
import { ThreadPool } from '../src/pool/thread-pool.ts';
import { type Fault, faultVariable } from './faulty-worker.ts';

const workerFile = new URL('./faulty-worker.ts', import.meta.url);

export interface FaultyPool {
  readonly pool: ThreadPool;
  /** Has a fault happen so many times, to whichever worker comes to its place; default always. */
  arm(fault: Omit<Fault, 'tokens'>, times?: number): void;
}

/** Without a fault at first; one at a time. Closed when the test ends. */
export function makeFaultyPool({ workers = 2, hangSeconds = 30 } = {}): FaultyPool {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-fault-'));
  const file = join(folder, 'fault.json');
  writeFileSync(file, 'null');
  process.env[faultVariable] = file;
  const limits = { resourceLimits: { maxOldGenerationSizeMb: 64 } };
  const pool = new ThreadPool('node', { workers, hangSeconds }, () => new NodeThread(workerFile, limits));
  onTestFinished(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });
  const arm: FaultyPool['arm'] = (fault, times) => {
    const tokens = Array.from({ length: times ?? 0 }, (_, i) => join(folder, String(i)));
    for (const token of tokens) writeFileSync(token, '');
    writeFileSync(file, JSON.stringify(times === undefined ? fault : { ...fault, tokens }));
  };
  return { pool, arm };
}

/** One with its fault. */
export function faultyPool(
  fault: Omit<Fault, 'tokens'>,
  { times, ...options }: { times?: number; workers?: number; hangSeconds?: number } = {},
): ThreadPool {
  const { pool, arm } = makeFaultyPool(options);
  arm(fault, times);
  return pool;
}
