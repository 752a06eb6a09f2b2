/**
 * What surrounds user code while it runs: the root seed and how many parameters and dropout calls came before, on which random draws
 * depend, and the updates that a trace has asked for. Outside a
 * trace this is the thread's own context, set by `manualSeed`; a trace brings its own and gives the old one back.
 */
import type { RateTable } from '../nn/dropout/rate-table.ts';
import type { DropoutSchedule } from '../nn/dropout/schedule.ts';
import type { Seed } from '../random/streams.ts';
import { seedWords } from '../random/streams.ts';
import type { Node } from './node.ts';

export interface RandomContext {
  readonly seed: Seed;
  /** `eager` runs now; `trace` describes a program that runs later. */
  readonly mode: 'eager' | 'trace';
  /** Dropout calls so far. */
  dropoutCalls: number;
  /** Random tensors created so far: parameters, `rand`, `randn`. */
  draws: number;
  /** In-place updates that the traced computation asked for besides its result, in order; see `run/effects.ts`. */
  readonly effects: Node[];
  /** The run's schedule of p, for calls without one of their own. */
  readonly schedule?: DropoutSchedule | undefined;
  /** Where rates stand that change from step to step; without it schedules have no effect. */
  readonly rates?: RateTable | undefined;
}

/** What a run brings into its traces. */
export type TraceOptions = Pick<RandomContext, 'schedule' | 'rates'>;

function newContext(seed: Seed, mode: RandomContext['mode'], options: TraceOptions = {}): RandomContext {
  seedWords(seed);
  return { ...options, seed, mode, dropoutCalls: 0, draws: 0, effects: [] };
}

let current: RandomContext = newContext(0, 'eager');

export function randomContext(): RandomContext {
  return current;
}

/** Seeds everything random that follows in this thread: initialisation, `rand`, `randn` and dropout outside of training. Default 0. */
export function manualSeed(seed: Seed): void {
  current = newContext(seed, 'eager');
}

/**
 * The in-place updates (such as running statistics) that the current trace has collected. Whoever compiles the trace passes them to
 * `compile` among its updates; otherwise they do not happen.
 */
export function tracedEffects(): readonly Node[] {
  return current.effects;
}

/** Dropout calls that the current trace has made so far, whatever their p; calls that are switched off do not count. */
export function tracedDropoutCalls(): number {
  return current.dropoutCalls;
}

/** Runs `build` with a context of its own; synchronous. */
export function traceWith<T>(seed: Seed, build: () => T, options: TraceOptions = {}): T {
  const outer = current;
  current = newContext(seed, 'trace', options);
  try {
    return build();
  } finally {
    current = outer;
  }
}
