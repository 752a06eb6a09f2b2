/** One model in training that can be left after any step and gone on with to the same bits. */
import type { nn, Optimizer } from '@lockstep/core';
import {
  NonFiniteError,
  type Pool,
  type Profiler,
  type TrainEvent,
  type TrainingState,
  train,
} from '@lockstep/scheduler';
import type { RunName } from '../run/messages.ts';
import type { RunSettings } from '../run/settings.ts';
import { buildModel, buildOptimizer } from './build-model.ts';
import type { LoadedData } from './load-data.ts';

export interface Slice {
  /** Goes on until so many epochs are complete… */
  readonly epochs: number;
  /** …or this ends it… */
  readonly signal: AbortSignal;
  /** …or after one step. */
  readonly oneStep: boolean;
  readonly pool: Pool;
  readonly profiler?: Profiler | undefined;
  readonly onEvent: (event: TrainEvent) => void;
  /** A state was taken: at the end of an epoch, after some seconds, or when the slice was ended. */
  readonly onState: () => void;
}

const snapshotSeconds = 5;

export class TrainingRun {
  readonly name: RunName;
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly #settings: RunSettings;
  readonly #data: LoadedData;
  #state: TrainingState | undefined;
  #samples = 0;
  #trainingMs = 0;

  constructor(name: RunName, settings: RunSettings, data: LoadedData) {
    this.name = name;
    this.#settings = name === 'main' ? settings : { ...settings, dropout: 0, inputDropout: 0 };
    this.#data = data;
    this.model = buildModel(this.#settings, data.train);
    this.optimizer = buildOptimizer(this.model, settings);
  }

  /** Where it stands, for a checkpoint; undefined before the first slice. */
  get state(): TrainingState | undefined {
    return this.#state;
  }

  /** Only before the first slice. */
  set state(state: TrainingState | undefined) {
    this.#state = state;
  }

  /** Epochs that are complete, with their evaluation. */
  get epochs(): number {
    return (this.#state?.progress.epoch ?? 1) - 1;
  }

  /** Here, while training. */
  get imagesPerSecond(): number {
    return this.#trainingMs > 0 ? (1000 * this.#samples) / this.#trainingMs : Number.NaN;
  }

  async advance(slice: Slice): Promise<void> {
    const { epochs, pool, profiler, oneStep, onEvent, onState } = slice;
    const { batchSize, seed, shards } = this.#settings;
    const enough = new AbortController();
    let samples = 0;
    const training = train({
      model: this.model,
      optimizer: this.optimizer,
      data: this.#data.train,
      ...(this.#data.test ? { test: this.#data.test } : {}),
      ...{ epochs, batchSize, seed, pool },
      ...(shards === undefined ? {} : { shards }),
      ...(profiler ? { profiler } : {}),
      resume: this.#state,
      signal: AbortSignal.any([slice.signal, enough.signal]),
      snapshotEvery: { epochs: 1, ...(oneStep ? { steps: 1 } : { minutes: snapshotSeconds / 60 }) },
      onSnapshot: (state) => {
        this.#state = state;
        if (oneStep) enough.abort();
        onState();
      },
      onEvent: (event) => {
        if (event.type === 'step') samples += event.samples;
        onEvent(event);
      },
    });
    const { samplesPerSecond } = await training.catch((error: unknown) => {
      throw error instanceof NonFiniteError ? new Error(lineOf(error), { cause: error }) : error;
    });
    if (samples === 0) return;
    this.#samples += samples;
    this.#trainingMs += (1000 * samples) / samplesPerSecond;
  }
}

/** What the page has a field for. */
function lineOf({ step, finding }: NonFiniteError): string {
  return `step ${step}: ${finding}; lower the learning rate`;
}
