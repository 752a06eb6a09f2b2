/** What the process holds, and how fast it trains. */
import { readdirSync, readFileSync } from 'node:fs';
import { defaultArena } from '@lockstep/core';

export interface Sample {
  /** Since the first step. */
  readonly seconds: number;
  readonly steps: number;
  /** Since the sample before. */
  readonly samplesPerSecond: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly arenaMiB: number;
  /** Undefined where the system does not say. */
  readonly threads: number | undefined;
  readonly files: number | undefined;
  /** Timers, ports and the like that keep the event loop alive. */
  readonly handles: number;
}

const isLinux = process.platform === 'linux';
const mebibyte = 2 ** 20;

/** After a collection of garbage, where the process allows one (`--expose-gc`). */
export function sampleProcess(): Omit<Sample, 'seconds' | 'steps' | 'samplesPerSecond'> {
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const threads = isLinux && /^Threads:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return {
    rssMiB: rss / mebibyte,
    heapMiB: heapUsed / mebibyte,
    arenaMiB: defaultArena().usedBytes / mebibyte,
    threads: threads ? Number(threads) : undefined,
    // Looking opens one itself.
    files: isLinux ? readdirSync('/proc/self/fd').length - 1 : undefined,
    handles: process.getActiveResourcesInfo().length,
  };
}
