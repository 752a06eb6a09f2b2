/**
 * The coordinator's side of a profile: rings for the workers, the labels of the programs that they run, and, after the run, the spans of
 * the last steps. Give one to `train`; it serves one run.
 */
import type { OpLabel, ProgramLabels } from '@lockstep/core';
import type { SharedProgram } from '../worker/protocol.ts';
import { type EventRing, eventKinds, eventWords, makeRing, type SharedProfile } from '../worker/recorder.ts';
import type { CallSpan, Profile, Span } from './profile.ts';

export interface ProfilerOptions {
  /** Training steps to keep: the last of those that are recorded. Default 64. */
  readonly steps?: number;
}

/** Events that a worker keeps (32 bytes each), and that all of them give at most: about 40 MB of trace. */
const mostKept = 2 ** 17;
const mostShown = 250_000;

interface Described {
  readonly labels: ProgramLabels;
  /** From the position of a call to its number. */
  readonly callAt: ReadonlyMap<number, number>;
}

export class Profiler {
  readonly #steps: number;
  readonly #programs = new Map<number, Described>();
  readonly #rings: EventRing[] = [];
  #capacity = 0;
  #ranSteps = 0;

  constructor(options: ProfilerOptions = {}) {
    this.#steps = options.steps ?? 64;
    if (!Number.isInteger(this.#steps) || this.#steps < 1)
      throw new RangeError(`steps: expected an integer ≥ 1, got ${this.#steps}`);
  }

  /** Makes the calls of a program known; the first program decides how much room there is. */
  register(program: SharedProgram, labels: ProgramLabels): void {
    const callAt = new Map(Array.from(labels.positions, (position, call) => [position, call]));
    this.#programs.set(program.id, { labels, callAt });
    if (this.#capacity > 0) return;
    const eventsOfStep = labels.positions.length + 2 * (program.phases.length + program.prologue.length);
    this.#capacity = Math.min(mostKept, (this.#steps + 1) * eventsOfStep);
  }

  /** What the next segment of training steps carries. */
  shared(workers: number): SharedProfile {
    while (this.#rings.length < workers) this.#rings.push(makeRing(this.#capacity));
    return { origin: performance.timeOrigin, rings: this.#rings };
  }

  countSteps(steps: number): void {
    this.#ranSteps += steps;
  }

  /** The spans of the last steps that every worker still has whole. */
  profile(): Profile {
    const from = this.#firstStep();
    const workers = this.#rings.map((ring) =>
      eventsOf(ring)
        .filter((event) => ring.words[event * eventWords.size + eventWords.step]! >= from)
        .map((event) => this.#span(ring, event)),
    );
    const steps = new Set(workers.flatMap((spans) => spans.map(({ step }) => step))).size;
    return { workers, steps, droppedSteps: this.#ranSteps - steps };
  }

  #firstStep(): number {
    const counts = new Map<number, number>();
    let from = 0;
    for (const ring of this.#rings) {
      const events = eventsOf(ring);
      const stepOf = (event: number): number => ring.words[event * eventWords.size + eventWords.step]!;
      for (const event of events) counts.set(stepOf(event), (counts.get(stepOf(event)) ?? 0) + 1);
      // The oldest step of a full ring may have lost its beginning.
      if (events.length < ring.count[0]!) from = Math.max(from, stepOf(events[0]!) + 1);
    }
    const steps = [...counts.keys()].filter((step) => step >= from).sort((a, b) => b - a);
    let shown = 0;
    const kept = steps.slice(0, this.#steps).filter((step) => (shown += counts.get(step)!) <= mostShown);
    return kept.at(-1) ?? Number.POSITIVE_INFINITY;
  }

  #span(ring: EventRing, event: number): Span {
    const word = (name: 'kind' | 'program' | 'at' | 'step'): number =>
      ring.words[event * eventWords.size + eventWords[name]]!;
    const time = { startMs: ring.times[2 * event]!, endMs: ring.times[2 * event + 1]!, step: word('step') };
    if (word('kind') === eventKinds.call) return { ...time, ...this.#call(word('program'), word('at')) };
    return { ...time, kind: word('kind') === eventKinds.wait ? 'wait' : 'phase', phase: word('at') };
  }

  #call(program: number, position: number): Omit<CallSpan, 'startMs' | 'endMs' | 'step'> {
    const { labels, callAt } = this.#programs.get(program)!;
    const call = callAt.get(position)!;
    const op: OpLabel = labels.ops[labels.opOf[call]!]!;
    return { kind: 'call', kernel: labels.kernelOf[call]!, op, flops: labels.flopsOf[call]! };
  }
}

/** The slots of the events that a ring still has, oldest first. */
function eventsOf({ times, count }: EventRing): number[] {
  const capacity = times.length / 2;
  const kept = Math.min(count[0]!, capacity);
  const first = count[0]! - kept;
  return Array.from({ length: kept }, (_, i) => (first + i) % capacity);
}
