/**
 * What a worker writes down while a run is profiled: the start and end of every kernel call, phase and wait, into a ring on shared memory
 * whose oldest events make room. Runs that are not profiled use none of this.
 */
import { type Phase, runTask } from '@lockstep/core';
import type { Sync } from './sync.ts';

/** The last events of one worker. */
export interface EventRing {
  /** Start and end of each event, in ms since the origin. */
  readonly times: Float64Array;
  /** `eventWords` of each event. */
  readonly words: Int32Array;
  /** Events ever written. */
  readonly count: Float64Array;
}

/** Words of one event; `at`: the position of a call in the program, or the phase (−1 − phase in a prologue). */
export const eventWords = { kind: 0, program: 1, at: 2, step: 3, size: 4 } as const;

export const eventKinds = { call: 0, phase: 1, wait: 2 } as const;

/** What a segment carries when it is profiled. */
export interface SharedProfile {
  /** The coordinator's `performance.timeOrigin`: every thread's clock may start at another time. */
  readonly origin: number;
  /** One a worker. */
  readonly rings: readonly EventRing[];
}

/**
 * A look at the clock costs about 80 ns, and small calls take 1 µs: so of every 32 steps the first 8 are recorded, whole and in a row.
 * The others run as if nothing were recorded.
 */
const recordedSteps = { inARow: 8, every: 32 } as const;

interface CallContext {
  readonly sync: Sync;
  readonly table: Parameters<typeof runTask>[0];
  readonly words: Int32Array;
}

export function makeRing(capacity: number): EventRing {
  const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);
  return {
    times: new Float64Array(shared(capacity * 16)),
    words: new Int32Array(shared(capacity * eventWords.size * 4)),
    count: new Float64Array(shared(8)),
  };
}

/** Moments that later events begin at; in an array, because a number that is passed around may be put on the heap. */
const moments = { last: 0, phase: 1, shift: 2 } as const;

export class Recorder {
  readonly #ring: EventRing;
  readonly #capacity: number;
  /** By `moments`: the end of the last event, the start of the phase, and what leads from this thread's clock to the coordinator's. */
  readonly #ms: Float64Array = new Float64Array(3);
  #next: number;
  #program = 0;
  #step = 0;
  #prologue = false;
  #phase = 0;

  constructor({ origin, rings }: SharedProfile, worker: number) {
    this.#ring = rings[worker]!;
    this.#capacity = this.#ring.times.length / 2;
    this.#ms[moments.shift] = performance.timeOrigin - origin;
    this.#next = this.#ring.count[0]! % this.#capacity;
  }

  /** What the next events belong to; false when this step is one of those left out. */
  enter(program: number, step: number, prologue: boolean): boolean {
    this.#program = program;
    this.#step = step;
    this.#prologue = prologue;
    return step % recordedSteps.every < recordedSteps.inARow;
  }

  /** Runs tasks of the phase until none is left, as `runPhase` does. */
  runPhase({ bounds }: Phase, phase: number, at: CallContext): void {
    this.#phase = this.#prologue ? -1 - phase : phase;
    this.#look();
    this.#ms[moments.phase] = this.#ms[moments.last]!;
    const tasks = bounds.length / 2;
    for (let task = at.sync.claim(); task < tasks; task = at.sync.claim()) {
      if (at.sync.aborted) return;
      this.#runTask(at, bounds[2 * task]!, bounds[2 * task + 1]!);
    }
    this.#add(eventKinds.phase, this.#phase, moments.phase);
  }

  /** Ends the wait that began with the end of the phase. */
  addWait(): void {
    this.#add(eventKinds.wait, this.#phase, moments.last);
  }

  /** One call after the other; the end of one is the start of the next, so that each costs one look at the clock. */
  #runTask({ table, words }: CallContext, from: number, to: number): void {
    this.#look();
    for (let call = from; call < to; ) {
      const next = call + 2 + words[call + 1]!;
      runTask(table, words, call, next);
      this.#add(eventKinds.call, call, moments.last);
      call = next;
    }
  }

  #look(): void {
    this.#ms[moments.last] = this.#ms[moments.shift]! + performance.now();
  }

  /** An event from a moment until now. */
  #add(kind: number, at: number, since: number): void {
    const { times, words, count } = this.#ring;
    const event = this.#next;
    times[2 * event] = this.#ms[since]!;
    this.#look();
    times[2 * event + 1] = this.#ms[moments.last]!;
    const row = event * eventWords.size;
    words[row + eventWords.kind] = kind;
    words[row + eventWords.program] = this.#program;
    words[row + eventWords.at] = at;
    words[row + eventWords.step] = this.#step;
    this.#next = event + 1 === this.#capacity ? 0 : event + 1;
    count[0] = count[0]! + 1;
  }
}
