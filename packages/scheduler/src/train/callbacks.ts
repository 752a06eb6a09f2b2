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

/** What a callback remembers: JSON, and tensors by name. */
export interface CallbackState {
  readonly values: Readonly<Record<string, unknown>>;
  readonly tensors?: nn.StateDict;
}

/** All are optional; those that may wait are waited for before the next epoch. An exception ends the run. */
export interface TrainCallback {
  /** After each step, from batches of reports: the parameters may be some steps ahead. */
  onStep?(event: StepEvent, run: RunControl): void;
  onEpochEnd?(event: EpochEvent, run: RunControl): void | Promise<void>;
  onEvaluation?(event: EvaluationEvent, run: RunControl): void | Promise<void>;
  /** Once, after the last epoch, also of a run that was stopped; not after an error. */
  onTrainEnd?(run: RunControl): void | Promise<void>;
  /** For runs that are resumed: a callback without it begins anew then. Asked for between two steps; what it gives is copied. */
  stateDict?(): CallbackState;
  /** Takes over what `stateDict` of such a callback gave; before the first event. The tensors are the callback's to keep. */
  loadStateDict?(state: CallbackState): void;
}

/** What all callbacks of a run remember; the tensors stand apart, as `callback.0.best.weight`. */
export interface CallbacksState {
  /** One has ended the run. */
  readonly ended: boolean;
  /** In their order; null for one that keeps nothing. */
  readonly values: readonly (Readonly<Record<string, unknown>> | null)[];
}

/** Of the names of callbacks' tensors. */
export const callbackPrefix = 'callback.';

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

  get state(): { readonly plain: CallbacksState; readonly tensors: nn.StateDict } {
    const states = this.#callbacks.map((callback) => callback.stateDict?.());
    const tensors = states.flatMap((state, i) =>
      Object.entries(state?.tensors ?? {}).map(([name, tensor]) => [`${callbackPrefix}${i}.${name}`, tensor] as const),
    );
    const values = states.map((state) => state?.values ?? null);
    return { plain: { ended: this.#ended, values }, tensors: Object.fromEntries(tensors) };
  }

  /** `tensors`: those of `state`, made for the callbacks to keep. */
  restore({ ended, values }: CallbacksState, tensors: nn.StateDict): void {
    this.#ended = ended;
    for (const [i, callback] of this.#callbacks.entries()) {
      const state = values[i];
      if (!state) continue;
      const own = Object.entries(tensors).flatMap(([name, tensor]) =>
        name.startsWith(`${callbackPrefix}${i}.`)
          ? [[name.slice(`${callbackPrefix}${i}.`.length), tensor] as const]
          : [],
      );
      callback.loadStateDict?.({ values: state, tensors: Object.fromEntries(own) });
    }
  }

  /** How many there are. */
  get count(): number {
    return this.#callbacks.length;
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
