/** The forward pass of a step: from the samples of a batch to its loss, by the model and a loss function, or by a step of the user's own. */
import {
  correctPredictions,
  crossEntropy,
  type DType,
  full,
  type InputSource,
  inputTensor,
  mixedCorrect,
  mixedLoss,
  type nn,
  ShapeError,
  type Tensor,
} from '@lockstep/core';
import type { SharedArray, SharedData } from './shared-data.ts';

/**
 * From the model's output and the targets to one number. Targets are class numbers; a loss for the f32 targets of a `TensorDataset` takes a
 * `Tensor<DType>`, or stands in a `step`.
 */
export type LossFunction = (output: Tensor, target: Tensor<'i32'>) => Tensor;

/** What a step of one's own gets: the batch by names (`x` and `y` where a data set has no names), samples on axis 0. */
export interface StepContext<M extends nn.Module = nn.Module> {
  readonly model: M;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of dtype i32 where the data set has integers; `Tensor<'i32'>` can be asserted. */
  readonly targets: Readonly<Record<string, Tensor>>;
}

/** The loss of a batch, one number; with an `output` of class scores [B, C] (or numbers) right answers are counted and metrics computed. */
export type StepOutcome = Tensor | { readonly loss: Tensor; readonly output?: Tensor; readonly target?: string };

/**
 * A step of one's own, composed of tensor operations; it is traced once for each batch size and runs on the workers. In evaluation it runs
 * with the model in evaluation mode. `target` of the outcome names the target that `output` is compared with; default: the first.
 */
export type StepFunction<M extends nn.Module = nn.Module> = (context: StepContext<M>) => StepOutcome;

export interface ForwardParts {
  readonly model: nn.Module;
  readonly loss: LossFunction;
  readonly step?: StepFunction | undefined;
  readonly data: Pick<SharedData, 'shape' | 'inputs' | 'targets' | 'mix' | 'arrays' | 'weights'>;
  readonly samples: number;
}

export interface Forward {
  readonly loss: Tensor;
  /** How many answers are right; 0 where the output is not class scores. */
  readonly correct: Tensor;
  readonly output: Tensor | undefined;
  readonly target: Tensor<DType> | undefined;
  readonly targetName: string;
}

/** @throws ShapeError for a loss that is not one number. */
export function forwardStep(parts: ForwardParts): Forward {
  const { model, loss, step, data, samples } = parts;
  if (step || data.arrays) return ofArrays(parts);
  const x = inputTensor('x', { shape: [samples, ...data.shape], dtype: 'f32', source: data.inputs });
  const y = inputTensor('y', { shape: [samples], dtype: 'i32', source: data.targets });
  const output = model.forward(x);
  const { mix } = data;
  if (!mix) return forwardOf(weightedLoss(parts, output, y), { output, target: y, targetName: 'y', samples });
  const mixed = { output, own: y, partner: partnersOf(data.targets, samples), mix };
  const value = checked(mixedLoss(loss, mixed));
  return {
    loss: value,
    correct: output.rank === 2 && output.shape[0] === samples ? mixedCorrect(mixed) : full([], 0),
    output,
    target: y,
    targetName: 'y',
  };
}

function ofArrays({ model, loss, step, data, samples }: ForwardParts): Forward {
  const arrays = data.arrays ?? unnamed(data);
  const [inputs, targets] = [symbolic(arrays.inputs, samples), symbolic(arrays.targets, samples)];
  if (step) {
    const outcome = step({ model, inputs, targets });
    const names = Object.keys(targets);
    const { loss: value, output, target: targetName = names[0]! } = 'loss' in outcome ? outcome : { loss: outcome };
    const target = targets[targetName];
    if (!target) throw new RangeError(`step: target must be one of ${names.join(', ')}, got ${targetName}`);
    return forwardOf(value, { output, target, targetName, samples });
  }
  const [target, ...more] = Object.values(targets) as [Tensor, ...Tensor[]];
  if (more.length > 0)
    throw new RangeError(
      `step: the data set has the targets ${Object.keys(targets).join(', ')}; give train a step of your own`,
    );
  const output = model.forward(...Object.values(inputs));
  const value = weightedLoss({ loss, data, samples }, output, target as Tensor<DType> as Tensor<'i32'>);
  return forwardOf(value, { output, target, targetName: Object.keys(targets)[0]!, samples });
}

/** With weights, the weighted mean Σ w·loss ÷ Σ w of the cross-entropies, as PyTorch's `weight` gives it. */
function weightedLoss(
  { loss, data, samples }: Pick<ForwardParts, 'loss' | 'data' | 'samples'>,
  output: Tensor,
  target: Tensor<'i32'>,
): Tensor {
  if (!data.weights) return loss(output, target);
  const weights = inputTensor('weights', { shape: [samples], dtype: 'f32', source: data.weights });
  return crossEntropy(output, target, { reduction: 'none' }).mul(weights).sum().div(weights.sum());
}

function forwardOf(
  loss: Tensor,
  of: { output: Tensor | undefined; target: Tensor<DType>; targetName: string; samples: number },
): Forward {
  const { output, target, targetName, samples } = of;
  const classes = output?.rank === 2 && output.shape[0] === samples && target.dtype === 'i32' && target.rank === 1;
  const correct = classes ? correctPredictions(output, target as Tensor<'i32'>).sum() : full([], 0);
  return { loss: checked(loss), correct, output, target, targetName };
}

function checked(loss: Tensor): Tensor {
  if (loss.size !== 1) throw new ShapeError(`loss: expected one number, got shape [${loss.shape.join(', ')}]`);
  return loss;
}

/** The arrays of a data set that gives them no names. */
function unnamed({ shape, inputs, targets }: ForwardParts['data']): NonNullable<SharedData['arrays']> {
  return {
    inputs: [{ name: 'x', shape, dtype: 'f32', source: inputs }],
    targets: [{ name: 'y', shape: [], dtype: 'i32', source: targets }],
  };
}

function symbolic(arrays: readonly SharedArray[], samples: number): Record<string, Tensor> {
  return Object.fromEntries(
    arrays.map(({ name, shape, dtype, source }) => [
      name,
      inputTensor(name, { shape: [samples, ...shape], dtype, source }) as Tensor<DType> as Tensor,
    ]),
  );
}

/** The targets of the samples that each sample is mixed with. */
function partnersOf(targets: InputSource, samples: number): Tensor<'i32'> {
  return inputTensor('partner', { shape: [samples], dtype: 'i32', source: { ...targets, partners: true } });
}
