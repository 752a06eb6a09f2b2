/** When a run hands out copies of its state: every so many steps, minutes or epochs, and when its signal or the loss of its workers ends it. */
import type { TrainingState } from './training-state.ts';

/** Any of them; what is left out is never. */
export interface SnapshotInterval {
  /** After every step whose number in the run is a multiple of this. */
  readonly steps?: number;
  /** When this much time has passed since the last one, at the next pause between steps. */
  readonly minutes?: number;
  /** After every epoch that is a multiple of this, with its evaluation. */
  readonly epochs?: number;
}

/** Why there is a snapshot. */
export type SnapshotReason = 'steps' | 'minutes' | 'epoch' | 'stop' | 'failure';

export interface SnapshotOptions {
  /** Default: only when the signal ends the run, or it can have no more workers. */
  readonly snapshotEvery?: SnapshotInterval;
  /**
   * Is given a copy of what decides the rest of the run, for `resume`. Training waits for the copy and for this call, and for nothing that
   * it starts: write files without waiting. All events up to the copy have been told. An exception ends the run.
   */
  readonly onSnapshot?: (state: TrainingState, reason: SnapshotReason) => void;
}

export class Snapshots {
  readonly #every: SnapshotInterval;
  readonly #take: (reason: SnapshotReason) => void;
  #lastMs = performance.now();

  /** `take` makes and hands out a copy. @throws RangeError for intervals that make no sense. */
  constructor(every: SnapshotInterval, take: (reason: SnapshotReason) => void) {
    for (const name of ['steps', 'epochs'] as const) {
      const value = every[name];
      if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
        throw new RangeError(`snapshotEvery: ${name} must be an integer ≥ 1, got ${value}`);
    }
    if (every.minutes !== undefined && !(every.minutes > 0))
      throw new RangeError(`snapshotEvery: minutes must be a number above 0, got ${every.minutes}`);
    this.#every = every;
    this.#take = (reason) => {
      take(reason);
      this.#lastMs = performance.now();
    };
  }

  /** How many steps may be run in one go after `steps` of them. */
  room(steps: number): number {
    const { steps: every } = this.#every;
    return every === undefined ? Number.POSITIVE_INFINITY : every - (steps % every);
  }

  /** Between two steps, after `steps` of them. */
  afterSteps(steps: number): void {
    const { steps: every, minutes } = this.#every;
    if (every !== undefined && steps % every === 0) this.#take('steps');
    else if (minutes !== undefined && performance.now() - this.#lastMs >= 60_000 * minutes) this.#take('minutes');
  }

  /** After an epoch with its evaluation. */
  afterEpoch(epoch: number): void {
    const { epochs: every } = this.#every;
    if (every !== undefined && epoch % every === 0) this.#take('epoch');
  }

  /** The signal has ended the run. */
  stopped(): void {
    this.#take('stop');
  }

  /** No worker is left: the run is about to reject, with the state that was told of. */
  failed(): void {
    this.#take('failure');
  }
}
