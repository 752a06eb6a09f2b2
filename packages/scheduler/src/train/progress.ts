/** Where a run stands: the epoch, the place within it, and what has been summed up so far. */
import type { Evaluation } from './evaluate.ts';

/** Sums over the samples of an epoch, in f64 in the order of the steps. */
export interface EpochSums {
  /** Mean loss of each batch times its samples. */
  readonly loss: number;
  readonly right: number;
  readonly samples: number;
}

/** The last evaluation, and when it was. */
export interface PlacedEvaluation {
  readonly epoch: number;
  readonly step: number;
  readonly result: Evaluation;
}

/** Plain data. */
export interface ProgressState {
  /** The epoch that is under way or comes next, from 1. */
  readonly epoch: number;
  /** Its steps that are done or left out. */
  readonly stepsDone: number;
  /** Its steps are all done and the epoch event is out: only the evaluation is left. */
  readonly told: boolean;
  readonly sums: EpochSums;
  /** Epochs completed. */
  readonly epochs: number;
  /** Mean training loss of the last epoch. */
  readonly trainLoss: number;
  readonly evaluation?: PlacedEvaluation | undefined;
  /** Steps that were left out because their numbers were not finite, in all and since the last other step. */
  readonly skippedSteps?: number | undefined;
  readonly skippedInARow?: number | undefined;
  /** How often the run went back to a snapshot. */
  readonly rollbacks?: number | undefined;
}

const nothing: EpochSums = { loss: 0, right: 0, samples: 0 };

export class Progress {
  #state: ProgressState = {
    epoch: 1,
    stepsDone: 0,
    told: false,
    sums: nothing,
    epochs: 0,
    trainLoss: Number.NaN,
  };

  get state(): ProgressState {
    return this.#state;
  }

  set state(state: ProgressState) {
    this.#state = state;
  }

  /** Counts a step of `samples` with its mean loss and its right answers. */
  addStep(step: { loss: number; right: number; samples: number }): void {
    const { stepsDone, sums } = this.#state;
    this.#state = {
      ...this.#state,
      stepsDone: stepsDone + 1,
      skippedInARow: 0,
      sums: {
        loss: sums.loss + step.loss * step.samples,
        right: sums.right + step.right,
        samples: sums.samples + step.samples,
      },
    };
  }

  /** The next step of the epoch is left out. */
  skipStep(): void {
    const { stepsDone, skippedSteps = 0, skippedInARow = 0 } = this.#state;
    this.#state = {
      ...this.#state,
      stepsDone: stepsDone + 1,
      skippedSteps: skippedSteps + 1,
      skippedInARow: skippedInARow + 1,
    };
  }

  /** Leaves the steps of the epoch, `complete` or not. */
  endSteps(complete: boolean): void {
    const { sums, epoch, epochs } = this.#state;
    const trainLoss = sums.loss / sums.samples;
    this.#state = { ...this.#state, trainLoss, ...(complete ? { told: true, epochs: epoch } : { epochs }) };
  }

  addEvaluation(evaluation: PlacedEvaluation): void {
    this.#state = { ...this.#state, evaluation };
  }

  /** Nothing of the epoch is left. */
  endEpoch(): void {
    this.#state = { ...this.#state, epoch: this.#state.epoch + 1, stepsDone: 0, told: false, sums: nothing };
  }
}
