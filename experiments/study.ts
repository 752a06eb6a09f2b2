/** What a study is: variants of a training run that differ in one thing, each run for several seeds. */
import type { Augmentation, DropoutSchedule, nn, Optimizer } from '@lockstep/core';

/** One way to train; `make` builds everything that a seed decides. */
export interface Variant {
  readonly name: string;
  readonly data: DataChoice;
  readonly batchSize: number;
  readonly epochs: number;
  /** The learning rate falls linearly from this to nothing over the epochs, epoch by epoch. */
  readonly lr: number;
  /** Instead, the rate goes up to `lr` and down again within the run, step by step. */
  readonly oneCycle?: boolean;
  /** What training images go through. */
  readonly augment?: readonly Augmentation[];
  /** Of the training loss; test losses are without. Default 0. */
  readonly labelSmoothing?: number;
  readonly dropoutSchedule?: DropoutSchedule;
  /** Called right after `manualSeed(seed)`. */
  make(shape: readonly number[], classes: number): nn.Module;
  optimizer(model: nn.Module, lr: number): Optimizer;
  /** Also the loss on this many training samples with dropout off, after the last epoch. */
  readonly trainSamples?: number;
}

export interface DataChoice {
  readonly name: 'mnist' | 'cifar10';
  /** The first so many training samples; all test samples are used. */
  readonly limit?: number;
}

export interface Study {
  readonly name: string;
  readonly title: string;
  /** What is compared with what, and what the literature says. */
  readonly about: string;
  readonly variants: readonly Variant[];
  readonly seeds: number;
}

export interface EpochResult {
  readonly trainLoss: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
}

/** One training run, as it is kept in the results. */
export interface RunResult {
  readonly variant: string;
  readonly seed: number;
  readonly epochs: number;
  readonly curve: readonly EpochResult[];
  /** Loss on training samples with dropout off. */
  readonly finalTrainLoss?: number;
  readonly weightsHash: string;
  /** Training samples a second, of the part since the run was last begun or gone on with. */
  readonly samplesPerSecond: number;
}
