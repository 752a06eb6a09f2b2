/** @lockstep/scheduler: trains and evaluates models on a pool of workers, with the same bits for any number of them. */
export { auroc } from './metrics/auroc.ts';
export { brierScore, expectedCalibrationError, negativeLogLikelihood } from './metrics/calibration.ts';
export type { ScoredClasses } from './metrics/check.ts';
export { type ConfusionMatrix, f1, precision, recall } from './metrics/confusion.ts';
export type { ClassMetric, MetricName, MetricValues } from './metrics/metric.ts';
export { InlinePool } from './pool/inline.ts';
export { type Pool, WorkerError } from './pool/pool.ts';
export { type Profile, type ProfileRow, type ProfileTotals, profileTotals } from './profile/profile.ts';
export { Profiler, type ProfilerOptions } from './profile/profiler.ts';
export { chromeTrace } from './profile/trace.ts';
export type { CallbackState, CallbacksState, RunControl, TrainCallback } from './train/callbacks.ts';
export { type EvaluateOptions, type Evaluation, evaluate } from './train/evaluate.ts';
export type {
  AdviceEvent,
  EpochEvent,
  EvaluationEvent,
  NonFiniteEvent,
  StepEvent,
  TrainEvent,
  WorkerEvent,
} from './train/events.ts';
export {
  type FindLearningRateOptions,
  findLearningRate,
  type LearningRateCurve,
} from './train/find-learning-rate.ts';
export type { LossFunction, StepContext, StepFunction, StepOutcome } from './train/forward-step.ts';
export {
  type BestCheckpointOptions,
  bestCheckpoint,
  type EarlyStoppingOptions,
  earlyStopping,
  logger,
  type MonitorOptions,
} from './train/known-callbacks.ts';
export type { LrOptions, PlateauPolicy } from './train/lr-policy.ts';
export {
  type McClassification,
  type McPredictOptions,
  type McRegression,
  mcPredict,
} from './train/mc-predict.ts';
export { NonFiniteError, type NonFiniteOptions, type OnNonFinite } from './train/non-finite.ts';
export type { TrainOptions, TrainResult } from './train/options.ts';
export { type EpochFigures, type Finding, OverfittingMonitor } from './train/overfitting-monitor.ts';
export type { PassOptions } from './train/passes.ts';
export { type PlanOptions, planStep } from './train/plan.ts';
export { type Activation, type PredictOptions, predict } from './train/predict.ts';
export type { EpochSums, PlacedEvaluation, ProgressState } from './train/progress.ts';
export { type MemoryPart, type RunMemory, type RunMemoryParts, runMemory } from './train/run-memory.ts';
export type { ValidationSplit, WeightedSampler } from './train/samples.ts';
export { arenaAllocator } from './train/shared-data.ts';
export type { SnapshotInterval, SnapshotOptions, SnapshotReason } from './train/snapshots.ts';
export {
  decodeTrainingState,
  encodeTrainingState,
  readStateManifest,
  type StateFiles,
  type StateManifest,
  type StateNotes,
} from './train/state-file.ts';
export { plannedShards } from './train/step-programs.ts';
export { tableSplits } from './train/table-splits.ts';
export { train } from './train/trainer.ts';
export type { SampleOrder, TrainingState } from './train/training-state.ts';
export { weightsHash } from './train/weights-hash.ts';
