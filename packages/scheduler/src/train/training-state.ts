/**
 * What decides the rest of a run: a copy of it taken between two steps, and a run that goes on from one to the same bits, in the middle of an
 * epoch too. Workers and shards are no part of it.
 */
import {
  type Augmentation,
  type AveragePolicy,
  type DType,
  encodeSafetensors,
  loadOptimizerState,
  markWritten,
  type nn,
  type Optimizer,
  type OptimizerState,
  optimizerState,
  optimizerTensors,
  type PlateauState,
  type ReduceLROnPlateau,
  readSafetensors,
  type Seed,
  ShapeError,
  type Tensor,
  tensorOf,
  type WeightAverage,
} from '@lockstep/core';
import type { Adviser } from './adviser.ts';
import { type Callbacks, type CallbacksState, callbackPrefix } from './callbacks.ts';
import type { MonitorState } from './overfitting-monitor.ts';
import type { Progress, ProgressState } from './progress.ts';
import type { ValidationSplit } from './samples.ts';

/** Plain data and one block of bytes: it can be posted to another thread, or written by `encodeTrainingState`. */
export interface TrainingState {
  /**
   * A safetensors file with PyTorch's names: `model.conv1.weight`, `optimizer.0.exp_avg` by the place of the parameter in the optimizer,
   * `average.conv1.weight`; `parameter.3` for one of the optimizer that is not in the model; `callback.0.best.conv1.weight`.
   */
  readonly tensors: Uint8Array<ArrayBuffer>;
  /** Where the model's parameters lie in it, in the order of their names: what `weightsHash` is taken of. */
  readonly weights: { readonly from: number; readonly to: number };
  /** What makes a place in an epoch mean the same samples and masks. */
  readonly order: SampleOrder;
  readonly progress: ProgressState;
  readonly optimizer: OptimizerState;
  readonly average?: { readonly policy: AveragePolicy; readonly updates: number };
  readonly plateau?: PlateauState;
  readonly adviser?: MonitorState;
  readonly callbacks?: CallbacksState;
}

export interface SampleOrder {
  readonly seed: Seed;
  readonly shuffle: boolean;
  readonly batchSize: number;
  /** Samples of an epoch. */
  readonly samples: number;
  /** Draws instead of the shuffle: `balanced`, or `weights` and the SHA-256 of them as f64. */
  readonly sampler?: string;
  readonly validationSplit?: ValidationSplit;
  /** What the samples go through. */
  readonly augment?: readonly Augmentation[];
}

/** The parts of a run that a state is taken of and put back to. */
export interface StatefulParts {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly average?: WeightAverage | undefined;
  readonly order: SampleOrder;
  readonly progress: Progress;
  readonly plateau?: ReduceLROnPlateau | undefined;
  readonly adviser: Adviser;
  readonly callbacks: Callbacks;
}

/** A copy of everything; only while no step runs. */
export function captureState(parts: StatefulParts): TrainingState {
  const { model, optimizer, average, plateau, adviser, progress, order } = parts;
  const callbacks = parts.callbacks.state;
  const tensors = { ...namedTensors(parts), ...callbacks.tensors };
  const bytes = encodeSafetensors(tensors, { format: 'lockstep training state' });
  // The parameters are the first in the file.
  const from = bytes.length - bytesOf(Object.values(tensors));
  return {
    tensors: bytes,
    weights: { from, to: from + bytesOf(model.parameters()) },
    order,
    progress: progress.state,
    optimizer: optimizerState(optimizer),
    ...(average ? { average: { policy: average.policy, updates: average.updates } } : {}),
    ...(plateau ? { plateau: plateau.stateDict() } : {}),
    adviser: adviser.state,
    callbacks: callbacks.plain,
  };
}

/**
 * Puts a state back; nothing is changed if it does not fit.
 *
 * @throws RangeError for the state of another order of samples, optimizer or average, and ShapeError for that of another model.
 */
export function restoreState(state: TrainingState, parts: StatefulParts): void {
  checkOrder(state.order, parts.order);
  checkCallbacks(state.callbacks, parts.callbacks);
  const { optimizer, average, plateau, adviser, progress, callbacks } = parts;
  const [policy, saved] = [average?.policy, state.average?.policy].map((at) => (at ? JSON.stringify(at) : 'none'));
  if (policy !== saved)
    throw new RangeError(`resume: the state has the weight average ${saved?.slice(0, 200)}, the run has ${policy}`);
  const own = namedTensors(parts);
  const stored = readSafetensors(state.tensors, 'training state').tensors;
  const problems = Object.entries(own).flatMap(([name, tensor]) => {
    const found = stored.get(name);
    if (!found) return [`${name} is missing`];
    const [expected, got] = [tensor, found].map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`);
    return expected === got ? [] : [`${name}: expected ${expected}, got ${got}`];
  });
  const remembered = [...stored].filter(([name]) => name.startsWith(callbackPrefix));
  const known = new Set([...Object.keys(own), ...remembered.map(([name]) => name)]);
  const unknown = [...stored.keys()].filter((name) => !known.has(name));
  problems.push(...unknown.map((name) => `${name} is nothing of this run`));
  if (problems.length > 0) {
    throw new ShapeError(`resume: the state is that of another model or optimizer: ${problems.join('; ')}`);
  }
  loadOptimizerState(optimizer, state.optimizer);
  for (const [name, { data }] of Object.entries(own))
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(stored.get(name)!.bytes);
  markWritten(Object.values(own));
  if (average) average.updates = state.average!.updates;
  if (state.plateau) plateau?.loadStateDict(state.plateau);
  if (state.adviser) adviser.state = state.adviser;
  if (state.callbacks)
    callbacks.restore(state.callbacks, Object.fromEntries(remembered.map(([name, kept]) => [name, tensorOf(kept)])));
  progress.state = state.progress;
}

/** @throws RangeError unless as many callbacks are there. */
function checkCallbacks(saved: CallbacksState | undefined, own: Callbacks): void {
  if (!saved || saved.values.length === own.count) return;
  throw new RangeError(
    `resume: the state was taken of a run with ${saved.values.length} callbacks, this one has ${own.count}; give the same ones in the same order`,
  );
}

/** @throws RangeError: a place in an epoch means other samples there. */
function checkOrder(saved: SampleOrder, own: SampleOrder): void {
  const names = ['seed', 'shuffle', 'batchSize', 'samples', 'sampler', 'validationSplit', 'augment'] as const;
  const textOf = (value: SampleOrder[(typeof names)[number]]): string =>
    typeof value === 'object' ? JSON.stringify(value) : String(value ?? 'none');
  const differing = names.filter((name) => textOf(saved[name]) !== textOf(own[name]));
  if (differing.length === 0) return;
  const list = differing.map((name) => `${name} ${textOf(saved[name])}, not ${textOf(own[name])}`).join('; ');
  throw new RangeError(
    `resume: the state belongs to a run with ${list}; resume with the data and options it was taken with`,
  );
}

/** Everything that is a tensor, by its name in the file: the model's parameters first, in the order of their names. */
export function namedTensors(
  parts: Pick<StatefulParts, 'model' | 'optimizer' | 'average'>,
): Record<string, Tensor<DType>> {
  const { model, optimizer, average } = parts;
  const parameters = [...model.namedParameters()].sort(([a], [b]) => (a < b ? -1 : 1));
  const names = new Map<Tensor, string>(parameters.map(([name, parameter]) => [parameter, name]));
  const others = optimizer.parameters.flatMap((parameter, i) =>
    names.has(parameter) ? [] : [[`parameter.${i}`, parameter] as const],
  );
  for (const [name, parameter] of others) names.set(parameter, name);
  const averages = [...(average?.averages ?? [])].map(
    ([parameter, tensor], i) => [`average.${names.get(parameter) ?? `#${i}`}`, tensor] as const,
  );
  return Object.fromEntries<Tensor<DType>>([
    ...parameters.map(([name, parameter]) => [`model.${name}`, parameter] as const),
    ...[...model.namedBuffers()].map(([name, buffer]) => [`model.${name}`, buffer] as const),
    ...others,
    ...[...optimizerTensors(optimizer)].map(([name, tensor]) => [`optimizer.${name}`, tensor] as const),
    ...averages,
  ]);
}

function bytesOf(tensors: readonly Tensor<DType>[]): number {
  return tensors.reduce((sum, { size, dtype }) => sum + size * (dtype === 'u8' ? 1 : 4), 0);
}
