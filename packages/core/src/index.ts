/** @lockstep/core: tensors, layers, automatic differentiation, optimizers, and the compiler to parallel programs. */
export { type Advice, adviceRules, type RuleName } from './advice/advice.ts';
export { type AdviseOptions, advise, type DropoutPlace, dropoutPlaces } from './advice/advise.ts';
export * from './augment/index.ts';
export { type CompiledProgram, type CompileOptions, compile, shardBounds } from './compile/compile.ts';
export type { OpLabel, ProgramLabels } from './compile/labels.ts';
export type { Phase, Program, ProgramReport } from './compile/program.ts';
export { FormatError, OutOfMemoryError, ShapeError, TensorStateError } from './errors.ts';
export { gradients } from './graph/autodiff.ts';
export { manualSeed, tracedDropoutCalls, tracedEffects, traceWith } from './graph/context.ts';
export { computedFrom, fixedValues } from './graph/fixed-values.ts';
export { fuse } from './graph/fuse.ts';
export { type Node, topologicalOrder } from './graph/node.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type StoredTensor,
  tensorOf,
} from './io/safetensors.ts';
export { correctPredictions, crossEntropy } from './losses/cross-entropy.ts';
export { power } from './math/power.ts';
export { type Allocator, Arena, type Block, defaultArena } from './memory/arena.ts';
export { ByteCounter } from './memory/byte-counter.ts';
export { RateTable } from './nn/dropout/rate-table.ts';
export {
  checkDropoutSchedule,
  type DropoutSchedule,
  dropoutScheduleKinds,
  scheduledP,
} from './nn/dropout/schedule.ts';
export * as F from './nn/functional.ts';
export { mseLoss, type Reduction } from './nn/functional.ts';
export * as nn from './nn/index.ts';
export { tensorsOf } from './nn/module.ts';
export type { ControlAddresses } from './ops/define-op.ts';
export { gradientNorm } from './ops/gradient-norm.ts';
export { confusionNode, storeBatchNode, topKNode } from './ops/metrics.ts';
export { nonFiniteNode } from './ops/non-finite.ts';
export type { RandomScope } from './ops/random-rows.ts';
export { fullNode as constantNode, type InputSource } from './ops/source.ts';
export { welfordNode } from './ops/welford.ts';
export { Adadelta, type AdadeltaOptions } from './optim/adadelta.ts';
export { Adagrad, type AdagradOptions } from './optim/adagrad.ts';
export { Adam, type AdamOptions, AdamW } from './optim/adam.ts';
export { Adamax, type AdamaxOptions } from './optim/adamax.ts';
export { checkLrSchedule } from './optim/check-lr-schedule.ts';
export { type ClipOptions, checkClipOptions, clipGradNorm, clipGradValue } from './optim/clip.ts';
export { Lion, type LionOptions } from './optim/lion.ts';
export {
  type LrCurve,
  type LrSchedule,
  lrScheduleKinds,
  scheduledLr,
  scheduledMomentum,
  withWarmup,
} from './optim/lr-schedule.ts';
export { Muon, type MuonOptions } from './optim/muon.ts';
export { NAdam, type NAdamOptions } from './optim/nadam.ts';
export type { OneCycle } from './optim/one-cycle.ts';
export { Optimizer, type ParameterState, type ScheduleInUse, type UpdateExtras } from './optim/optimizer.ts';
export {
  type GroupState,
  loadOptimizerState,
  type OptimizerState,
  optimizerState,
  optimizerTensors,
} from './optim/optimizer-state.ts';
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from './optim/plateau.ts';
export { RAdam, type RAdamOptions } from './optim/radam.ts';
export { RMSprop, type RMSpropOptions } from './optim/rmsprop.ts';
export type { CommonOptions, GroupOptions, ParameterGroup, ParametersOrGroups } from './optim/rule.ts';
export { SGD, type SGDOptions } from './optim/sgd.ts';
export { type AverageMoment, type AveragePolicy, WeightAverage } from './optim/weight-average.ts';
export { permutation } from './random/permutation.ts';
export { philox } from './random/philox.ts';
export { type Seed, streamKey, workerSeed } from './random/streams.ts';
export { weightedDraws } from './random/weighted.ts';
export { kernelTable, link, runPhases, runTask } from './run/interpreter.ts';
export { realize } from './run/realize.ts';
export { where } from './tensor/choosing.ts';
export {
  arange,
  empty,
  eye,
  full,
  fullLike,
  type LikeOptions,
  linspace,
  ones,
  onesLike,
  type RandomOptions,
  rand,
  randn,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './tensor/create.ts';
export type { DType, TensorData } from './tensor/dtype.ts';
export { einsum } from './tensor/einsum.ts';
export type { IndexItem, SliceRange } from './tensor/indexing.ts';
export { inputTensor } from './tensor/input.ts';
export { cat, meshgrid, stack } from './tensor/joining.ts';
export type { SortOptions, TopkOptions, ValuesAndIndices } from './tensor/order-methods.ts';
export type { Axes, AxesOptions, VarianceOptions } from './tensor/reduction-methods.ts';
export { type Shape, sizeOf } from './tensor/shape.ts';
export { markWritten, Tensor } from './tensor/tensor.ts';
