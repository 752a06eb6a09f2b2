/**
 * What random draws depend on while user code runs: the root seed and how many parameters and dropout calls came before. Outside a
 * trace this is the thread's own context, set by `manualSeed`; a trace brings its own and gives the old one back.
 */
import type { Seed } from '../random/streams.ts';
import { seedWords } from '../random/streams.ts';

export interface RandomContext {
  readonly seed: Seed;
  /** `eager` runs now; `trace` describes a program that runs later. */
  readonly mode: 'eager' | 'trace';
  /** Dropout calls so far. */
  dropoutCalls: number;
  /** Random tensors created so far: parameters, `rand`, `randn`. */
  draws: number;
}

function newContext(seed: Seed, mode: RandomContext['mode']): RandomContext {
  seedWords(seed);
  return { seed, mode, dropoutCalls: 0, draws: 0 };
}

let current: RandomContext = newContext(0, 'eager');

export function randomContext(): RandomContext {
  return current;
}

/** Seeds everything random that follows in this thread: initialisation, `rand`, `randn` and dropout outside of training. Default 0. */
export function manualSeed(seed: Seed): void {
  current = newContext(seed, 'eager');
}

/** Runs `build` with a context of its own; synchronous. */
export function traceWith<T>(seed: Seed, build: () => T): T {
  const outer = current;
  current = newContext(seed, 'trace');
  try {
    return build();
  } finally {
    current = outer;
  }
}
