/** What a run is given, and what it gives back. */
import type { ClipOptions, DropoutSchedule, nn, Optimizer, WeightAverage } from '@lockstep/core';
import type { MetricName } from '../metrics/metric.ts';
import type { Pool } from '../pool/pool.ts';
import type { Profiler } from '../profile/profiler.ts';
import type { TrainCallback } from './callbacks.ts';
import type { Evaluation } from './evaluate.ts';
import type { TrainEvent } from './events.ts';
import type { LrOptions } from './lr-policy.ts';
import type { NonFiniteOptions } from './non-finite.ts';
import type { SnapshotOptions } from './snapshots.ts';
import type { SampleOptions } from './training-samples.ts';
import type { TrainingState } from './training-state.ts';

export interface TrainOptions extends SampleOptions, ClipOptions, LrOptions, SnapshotOptions, NonFiniteOptions {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batchSize: number;
  /**
   * The batch passes through the network in about so many micro-batches, so that less memory holds its activations. `batchSize` stays the
   * batch of an update, and every bit is the same. Default 1.
   */
  readonly accumulate?: number | undefined;
  /** Default: the calling thread. The caller closes it. */
  readonly pool?: Pool;
  /** Logical shards of a batch. Default: chosen from the batch size. */
  readonly shards?: number;
  /** p of every dropout call as a function of the step, unless the layer has a schedule of its own. Default: constant. */
  readonly dropoutSchedule?: DropoutSchedule;
  /** Kept up to date with the weights, step by step. */
  readonly average?: WeightAverage;
  /** Evaluates the averaged weights after each epoch instead of the model's own, once there are any. Default false. */
  readonly evaluateAverage?: boolean;
  /** Computed at each evaluation besides loss and accuracy, on the workers. Default: none. */
  readonly metrics?: readonly MetricName[];
  /** Followed in their order; may end the run: `[earlyStopping({ patience: 3, restoreBest: true })]`. */
  readonly callbacks?: readonly TrainCallback[];
  /** Ends the run after the current step; the result says so. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Whether events say when losses look like overfitting or underfitting; needs `test`. Never changes the run. Default true. */
  readonly advice?: boolean;
  /**
   * Goes on from a state that `onSnapshot` gave, to the same bits as the run it was taken of, with any number of workers and shards: model,
   * optimizer, average and callbacks are made as they were for that run, and what they hold is overwritten. Events go on with the next step.
   */
  readonly resume?: TrainingState | undefined;
  /** Records what the workers do in the last training steps. */
  readonly profiler?: Profiler;
}

export interface TrainResult {
  readonly steps: number;
  /** Epochs completed. */
  readonly epochs: number;
  /** Mean training loss of the last epoch. */
  readonly trainLoss: number;
  /** The last evaluation, if there was one. */
  readonly test: Evaluation | undefined;
  /** Training samples a second, without evaluation. */
  readonly samplesPerSecond: number;
  /** The signal or a callback ended the run early. */
  readonly stopped: boolean;
}
