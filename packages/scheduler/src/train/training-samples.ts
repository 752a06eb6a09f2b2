/** From the options of a run to its samples: what is trained on, in which order, and what is evaluated. */
import { type Augmentation, crossEntropy, type MixTable, type Seed } from '@lockstep/core';
import type { Dataset, TensorDataset } from '@lockstep/data';
import { augmentedData } from './augmentation.ts';
import type { LossFunction, StepFunction } from './forward-step.ts';
import {
  type EpochOrder,
  epochOrder,
  heldOut,
  splitOff,
  type ValidationSplit,
  type WeightedSampler,
  weighted,
} from './samples.ts';
import type { Session } from './session.ts';
import { type SharedData, shareData } from './shared-data.ts';

export interface TrainingSamples {
  readonly data: SharedData;
  readonly test: SharedData | undefined;
  readonly order: EpochOrder;
  readonly mixes: MixTable | undefined;
  /** What must stay reachable while the run goes on. */
  readonly kept: unknown;
}

/** What a run is trained on. */
export interface SampleOptions {
  readonly data: Dataset | TensorDataset;
  /** Evaluated after each epoch. */
  readonly test?: Dataset | TensorDataset;
  /** Root of the shuffle and of dropout. Default 0. */
  readonly seed?: Seed;
  /** Default: cross-entropy. */
  readonly loss?: LossFunction;
  /** Forward pass and loss by a function of one's own, instead of `loss`: for several inputs, outputs and targets. */
  readonly step?: StepFunction;
  /** Default true. */
  readonly shuffle?: boolean;
  /** Draws with replacement instead of the shuffle, such as every class with the same probability. */
  readonly sampler?: WeightedSampler;
  /** Holds a part of `data` out and evaluates it after each epoch; a number is its share. Not together with `test`. */
  readonly validationSplit?: number | ValidationSplit;
  /**
   * Weights of the classes in the training loss, Σ w·loss ÷ Σ w; `balanced`: samples ÷ (classes · samples of the class). With the default
   * loss only; evaluation stays unweighted.
   */
  readonly classWeights?: 'balanced' | readonly number[];
  /**
   * What training samples go through, in order: `[randomCrop({ padding: 4 }), randomHorizontalFlip()]`. A function of the seed, the step
   * and the sample's place in the batch. Evaluation sees the samples as they are. Default: nothing.
   */
  readonly augment?: readonly Augmentation[];
}

/** Samples of an epoch, before anything is read. */
export function epochSize({ data, sampler, validationSplit: split }: SampleOptions): number {
  if (sampler?.samples !== undefined) return sampler.samples;
  if (split === undefined) return data.count;
  return data.count - heldOut(data.count, typeof split === 'number' ? split : split.fraction);
}

/** `base`: where the words of mixing stand. @throws RangeError for options that do not fit the data or each other. */
export function samplesOf(options: SampleOptions, at: { session: Session; base: number }): TrainingSamples {
  const { validationSplit, classWeights, seed = 0, augment, step } = options;
  const all = shareData(options.data, at.session);
  if (validationSplit !== undefined && options.test)
    throw new RangeError('validationSplit: the run has a test set already; give one of the two');
  if (classWeights && (step || (options.loss && options.loss !== crossEntropy)))
    throw new RangeError('classWeights: go with the default loss only; weight the loss in your own function');
  const split = typeof validationSplit === 'number' ? { fraction: validationSplit } : validationSplit;
  const parts = split ? splitOff(all, split, seed) : { train: all, validation: undefined };
  const order = epochOrder(parts.train, { ...options, seed });
  const { data: balanced, kept } = classWeights
    ? weighted(parts.train, classWeights, at.session.arena)
    : { data: parts.train, kept: undefined };
  const augmented = augmentedData(balanced, { augment, step, seed, base: at.base });
  return { ...augmented, test: parts.validation ?? (options.test && shareData(options.test, at.session)), order, kept };
}
