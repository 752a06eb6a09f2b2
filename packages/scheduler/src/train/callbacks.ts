/** Callbacks: what follows a run, and may end it. */
import type { nn, Optimizer } from '@lockstep/core';
import type { EpochEvent, EvaluationEvent, StepEvent, TrainEvent } from './events.ts';

/** What a callback may look at and do. Parameters have the values of the moment in `onEpochEnd`, `onEvaluation` and `onTrainEnd`. */
export interface RunControl {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  /** The run's signal has ended it. */
  readonly aborted: boolean;
  /** Ends the run after this epoch (and its evaluation). */
  stop(): void;
}

/** All are optional; those that may wait are waited for before the next epoch. An exception ends the run. */
export interface TrainCallback {
  /** After each step, from batches of reports: the parameters may be some steps ahead. */
  onStep?(event: StepEvent, run: RunControl): void;
  onEpochEnd?(event: EpochEvent, run: RunControl): void | Promise<void>;
  onEvaluation?(event: EvaluationEvent, run: RunControl): void | Promise<void>;
  /** Once, after the last epoch, also of a run that was stopped; not after an error. */
  onTrainEnd?(run: RunControl): void | Promise<void>;
}

/** Hands the events of a run to its callbacks, one after the other. */
export class Callbacks {
  readonly #callbacks: readonly TrainCallback[];
  readonly #control: RunControl;
  #ended = false;

  constructor(options: {
    readonly callbacks?: readonly TrainCallback[] | undefined;
    readonly model: nn.Module;
    readonly optimizer: Optimizer;
    readonly signal?: AbortSignal | undefined;
  }) {
    const { callbacks = [], model, optimizer, signal } = options;
    this.#callbacks = callbacks;
    this.#control = {
      model,
      optimizer,
      get aborted() {
        return signal?.aborted ?? false;
      },
      stop: () => {
        this.#ended = true;
      },
    };
  }

  /** A callback has ended the run. */
  get ended(): boolean {
    return this.#ended;
  }

  step(event: StepEvent): void {
    for (const callback of this.#callbacks) callback.onStep?.(event, this.#control);
  }

  async after(event: TrainEvent): Promise<void> {
    for (const callback of this.#callbacks) {
      if (event.type === 'epoch') await callback.onEpochEnd?.(event, this.#control);
      else if (event.type === 'evaluation') await callback.onEvaluation?.(event, this.#control);
    }
  }

  async end(): Promise<void> {
    for (const callback of this.#callbacks) await callback.onTrainEnd?.(this.#control);
  }
}
