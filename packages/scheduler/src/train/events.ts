/** What a run tells its watchers. */
import type { MetricValues } from '../metrics/metric.ts';

export interface StepEvent {
  readonly type: 'step';
  /** Steps done in the whole run. */
  readonly step: number;
  /** Epoch, from 1. */
  readonly epoch: number;
  /** Mean loss of the batch. */
  readonly loss: number;
  /** Share of the batch that was classified right, while training (dropout on). */
  readonly accuracy: number;
  /** Learning rate of the step, of the optimizer's first group. */
  readonly lr: number;
  /** The 2-norm of all gradients together, before clipping; present when the run clips by it. */
  readonly gradNorm?: number;
  /** Samples of the batch. */
  readonly samples: number;
  /** Samples trained on in this epoch, and in all of it. */
  readonly epochSamples: number;
  readonly epochSize: number;
}

export interface EpochEvent {
  readonly type: 'epoch';
  readonly epoch: number;
  readonly step: number;
  /** Means over the epoch's samples, while training. */
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly samplesPerSecond: number;
}

export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly epoch: number;
  readonly step: number;
  /** Of the averaged weights; absent: of the model's own. */
  readonly averaged?: true;
  readonly testLoss: number;
  readonly testAccuracy: number;
  /** What was asked for with `metrics`. */
  readonly metrics?: MetricValues;
}

/** Comes after the evaluation of an epoch, once for each condition. */
export interface AdviceEvent {
  readonly type: 'advice';
  readonly epoch: number;
  readonly step: number;
  readonly condition: 'overfitting' | 'underfitting';
  /** What is seen, with the numbers. */
  readonly message: string;
  /** What may be tried. */
  readonly suggestion: string;
  /** Where that is written. */
  readonly source: string;
}

/** A step's loss or gradients were not finite, and the run goes on. */
export interface NonFiniteEvent {
  readonly type: 'nonFinite';
  /** The step was left out, or the run went back to a snapshot. */
  readonly action: 'skip' | 'rollback';
  /** The epoch of the step. */
  readonly epoch: number;
  /** Steps done now: those of the snapshot after `rollback`. */
  readonly step: number;
  /** What was not finite, and where that began. */
  readonly finding: string;
  /** The learning rate from now on, of the optimizer's first group; with `rollback`. */
  readonly lr?: number;
}

/** A worker failed, ended or hung; what it was part of runs again, to the same bits. Nothing of that has been told, or is told twice. */
export interface WorkerEvent {
  readonly type: 'worker';
  /** Where the run stands: steps told so far. */
  readonly epoch: number;
  readonly step: number;
  /** What happened. */
  readonly message: string;
  /** Steps that had been done and are done again. */
  readonly replayed: number;
  /** What the loss cost so far: the lost work, another thread, and the steps up to `step` again. */
  readonly seconds: number;
  /** That the run goes on with: fewer after several losses at one place. */
  readonly workers: number;
}

export type TrainEvent = StepEvent | EpochEvent | EvaluationEvent | AdviceEvent | NonFiniteEvent | WorkerEvent;
