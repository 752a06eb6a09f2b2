/**
 * The training loop: data set → epoch's shuffle → segments of steps on the workers → events, evaluation after each epoch. Everything that
 * decides a bit (order, masks, sums) comes from the seed and the batch, never from the workers.
 */
import {
  checkDropoutSchedule,
  crossEntropy,
  type DropoutSchedule,
  defaultArena,
  type MixTable,
  markWritten,
  type nn,
  type Optimizer,
  RateTable,
} from '@lockstep/core';
import { type BatchPlan, batches } from '@lockstep/data';
import type { MetricName } from '../metrics/metric.ts';
import { InlinePool } from '../pool/inline.ts';
import type { Pool } from '../pool/pool.ts';
import type { Profiler } from '../profile/profiler.ts';
import { Adviser } from './adviser.ts';
import { mixWords } from './augmentation.ts';
import { Callbacks, type TrainCallback } from './callbacks.ts';
import { type Evaluation, evaluateOn, metricsOf } from './evaluate.ts';
import type { EpochEvent, EvaluationEvent, StepEvent, TrainEvent } from './events.ts';
import type { EpochOrder } from './samples.ts';
import { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';
import { resultWords, StepPrograms } from './step-programs.ts';
import { type SampleOptions, samplesOf, type TrainingSamples } from './training-samples.ts';

export interface TrainOptions extends SampleOptions {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batchSize: number;
  /** Default: the calling thread. The caller closes it. */
  readonly pool?: Pool;
  /** Logical shards of a batch. Default: chosen from the batch size. */
  readonly shards?: number;
  /** p of every dropout call as a function of the step, unless the layer has a schedule of its own. Default: constant. */
  readonly dropoutSchedule?: DropoutSchedule;
  /** Computed at each evaluation besides loss and accuracy, on the workers. Default: none. */
  readonly metrics?: readonly MetricName[];
  /** Followed in their order; may end the run: `[earlyStopping({ patience: 3, restoreBest: true })]`. */
  readonly callbacks?: readonly TrainCallback[];
  /** Ends the run after the current step; the result says so. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Whether events say when losses look like overfitting or underfitting; needs `test`. Never changes the run. Default true. */
  readonly advice?: boolean;
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

/** What programs read stays reachable while they run. */
const inUse = new Set<object>();

/** Trains the model in place. RangeError for counts that are not whole numbers of at least 1. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkCounts(options);
  const arena = defaultArena();
  const { optimizer, profiler } = options;
  const pool = options.pool ?? new InlinePool();
  if (options.dropoutSchedule) checkDropoutSchedule(options.dropoutSchedule);
  const optimizerWords = optimizer.hyper(0).length;
  const ownWords = optimizerWords + RateTable.words;
  const session = new Session({ arena, pool, hyperWords: ownWords + mixWords(options.augment), profiler });
  const rates = new RateTable(session.hyperAddress + 4 * optimizerWords);
  const held: { samples?: TrainingSamples } = {};
  inUse.add(held);
  try {
    const programs = new StepPrograms({
      ...options,
      session,
      rates,
      seed: options.seed ?? 0,
      loss: options.loss ?? crossEntropy,
    });
    const base = session.hyperAddress + 4 * ownWords;
    const samples = samplesOf(options, { arena, base });
    held.samples = samples;
    const { test } = samples;
    const callbacks = new Callbacks(options);
    const run = new Run(options, { session, programs, rates, callbacks, ...samples });
    const metrics = test && metricsOf(test, options.metrics);
    const adviser = new Adviser({ ...options, inputShape: samples.data.shape });
    let evaluation: Evaluation | undefined;
    for (let epoch = 1; epoch <= options.epochs && !run.stopped; epoch++) {
      await run.epoch(epoch);
      if (!test || options.signal?.aborted) continue;
      const done = await evaluateOn(session, { programs, data: test, metrics, signal: options.signal });
      if (!done) break;
      evaluation = done;
      const { loss: testLoss, accuracy: testAccuracy } = evaluation;
      const step = optimizer.steps;
      const measured = evaluation.metrics ? { metrics: evaluation.metrics } : {};
      const event: EvaluationEvent = { type: 'evaluation', epoch, step, testLoss, testAccuracy, ...measured };
      options.onEvent?.(event);
      await callbacks.after(event);
      if (options.advice === false || !options.onEvent) continue;
      const figures = { epoch, step, trainLoss: run.trainLoss, testLoss, testAccuracy };
      for (const event of adviser.afterEpoch(figures)) options.onEvent(event);
    }
    await callbacks.end();
    return run.result(evaluation);
  } finally {
    markWritten([...optimizer.parameters, ...[...options.model.namedBuffers()].map(([, buffer]) => buffer)]);
    inUse.delete(held);
    session.release();
  }
}

/** About this long, so that a watcher sees progress and a stop is prompt, while the cost of starting a segment stays below 0.1 %. */
const segmentMs = 200;
const longestSegment = 512;

class Run {
  readonly #options: TrainOptions;
  readonly #session: Session;
  readonly #programs: StepPrograms;
  readonly #rates: RateTable;
  readonly #mixes: MixTable | undefined;
  readonly #data: SharedData;
  readonly #order: EpochOrder;
  readonly #callbacks: Callbacks;
  #segmentSteps = 4;
  #epochs = 0;
  #trainLoss = Number.NaN;
  #samples = 0;
  #trainingMs = 0;

  constructor(
    options: TrainOptions,
    parts: {
      session: Session;
      programs: StepPrograms;
      rates: RateTable;
      mixes: MixTable | undefined;
      data: SharedData;
      order: EpochOrder;
      callbacks: Callbacks;
    },
  ) {
    this.#options = options;
    this.#session = parts.session;
    this.#programs = parts.programs;
    this.#rates = parts.rates;
    this.#mixes = parts.mixes;
    this.#data = parts.data;
    this.#order = parts.order;
    this.#callbacks = parts.callbacks;
  }

  /** Mean training loss of the last epoch. */
  get trainLoss(): number {
    return this.#trainLoss;
  }

  /** The signal or a callback has ended the run. */
  get stopped(): boolean {
    return this.#options.signal?.aborted === true || this.#callbacks.ended;
  }

  async epoch(epoch: number): Promise<void> {
    const { batchSize, signal, optimizer, onEvent } = this.#options;
    const { count } = this.#order;
    const permute = this.#order.permute(epoch);
    const plan = batches({ count, batchSize, ...(permute ? { permute } : {}) });
    const sums = { loss: 0, right: 0, samples: 0 };
    const startedMs = this.#trainingMs;
    for (let first = 0; first < plan.steps && !signal?.aborted; ) {
      first += await this.#segment(plan, { epoch, first, sums });
    }
    this.#trainLoss = sums.loss / sums.samples;
    if (sums.samples < count) return;
    this.#epochs = epoch;
    const samplesPerSecond = (1000 * count) / (this.#trainingMs - startedMs);
    const trainAccuracy = sums.right / count;
    const step = optimizer.steps;
    const event: EpochEvent = {
      type: 'epoch',
      epoch,
      step,
      trainLoss: this.#trainLoss,
      trainAccuracy,
      samplesPerSecond,
    };
    onEvent?.(event);
    await this.#callbacks.after(event);
  }

  /** Runs the next steps of the epoch in one go; returns how many were completed. */
  async #segment(
    plan: BatchPlan,
    at: { epoch: number; first: number; sums: { loss: number; right: number; samples: number } },
  ): Promise<number> {
    const { optimizer, signal } = this.#options;
    const { first } = at;
    const length = Math.min(this.#segmentSteps, plan.steps - first);
    const steps = Array.from({ length }, (_, i) => {
      const samples = plan.sizeOf(first + i);
      return { program: this.#programs.training(this.#data, samples, optimizer), step: optimizer.steps + i, samples };
    });
    const stop = () => this.#session.stop();
    signal?.addEventListener('abort', stop);
    const started = performance.now();
    try {
      const results = await this.#session.run({
        steps,
        fillIndices: (i, into) => plan.fill(first + i, into),
        hyper: (i, into) => this.#fillWords(optimizer.steps + i, into),
      });
      const tookMs = performance.now() - started;
      this.#trainingMs += tookMs;
      this.#segmentSteps = nextLength(results.length, tookMs);
      results.forEach((result, i) => {
        this.#report(result, { ...at, samples: steps[i]!.samples });
      });
      return results.length;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** The words of a step: the optimizer's, then the rates of scheduled dropout, then how samples are mixed. */
  #fillWords(step: number, into: Uint32Array): void {
    const hyper = this.#options.optimizer.hyper(step);
    into.set(new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length));
    this.#rates.fill(step, into.subarray(hyper.length));
    this.#mixes?.fill(step, into.subarray(hyper.length + RateTable.words));
  }

  #report(
    result: Float32Array,
    at: { epoch: number; sums: { loss: number; right: number; samples: number }; samples: number },
  ): void {
    const { optimizer, onEvent } = this.#options;
    const { epoch, sums, samples } = at;
    const loss = result[resultWords.loss]!;
    const right = result[resultWords.correct]!;
    optimizer.steps++;
    sums.loss += loss * samples;
    sums.right += right;
    sums.samples += samples;
    this.#samples += samples;
    const event: StepEvent = {
      type: 'step',
      step: optimizer.steps,
      epoch,
      loss,
      accuracy: right / samples,
      samples,
      epochSamples: sums.samples,
      epochSize: this.#order.count,
    };
    onEvent?.(event);
    this.#callbacks.step(event);
  }

  result(test: Evaluation | undefined): TrainResult {
    return {
      steps: this.#options.optimizer.steps,
      epochs: this.#epochs,
      trainLoss: this.#trainLoss,
      test,
      samplesPerSecond: (1000 * this.#samples) / this.#trainingMs,
      stopped: this.stopped,
    };
  }
}

function nextLength(steps: number, tookMs: number): number {
  return Math.max(1, Math.min(longestSegment, Math.round((steps * segmentMs) / Math.max(tookMs, 1))));
}

function checkCounts({ epochs, batchSize, shards }: TrainOptions): void {
  for (const [name, value] of Object.entries({ epochs, batchSize, shards: shards ?? 1 })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name}: expected an integer ≥ 1, got ${value}`);
  }
}
