/** The training steps of a run: epochs as segments of steps on the workers, the words that each step reads, and what is told of it. */
import { type AverageMoment, type MixTable, RateTable } from '@lockstep/core';
import { type BatchPlan, batches } from '@lockstep/data';
import { f32Bits } from '@lockstep/kernels';
import type { Callbacks } from './callbacks.ts';
import type { Evaluation } from './evaluate.ts';
import type { EpochEvent, StepEvent } from './events.ts';
import type { TrainOptions, TrainResult } from './options.ts';
import type { EpochOrder } from './samples.ts';
import type { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';
import { resultWords, type StepPrograms } from './step-programs.ts';

/** About this long, so that a watcher sees progress and a stop is prompt, while the cost of starting a segment stays below 0.1 %. */
const segmentMs = 200;
const longestSegment = 512;

export class Run {
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
    const event: EpochEvent = {
      type: 'epoch',
      epoch,
      step: optimizer.steps,
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
    const { optimizer, signal, average } = this.#options;
    const { first } = at;
    const length = Math.min(this.#segmentSteps, plan.steps - first);
    const steps = Array.from({ length }, (_, i) => {
      const samples = plan.sizeOf(first + i);
      return { program: this.#programs.training(this.#data, samples, optimizer), step: optimizer.steps + i, samples };
    });
    const momentOf = (i: number) => ({ epoch: at.epoch, lastOfEpoch: first + i + 1 === plan.steps });
    const stop = () => this.#session.stop();
    signal?.addEventListener('abort', stop);
    const started = performance.now();
    try {
      const results = await this.#session.run({
        steps,
        fillIndices: (i, into) => plan.fill(first + i, into),
        hyper: (i, into) => this.#fillWords(into, { ahead: i, moment: momentOf(i) }),
      });
      const tookMs = performance.now() - started;
      this.#trainingMs += tookMs;
      this.#segmentSteps = nextLength(results.length, tookMs);
      results.forEach((result, i) => {
        if (average?.takes(momentOf(i))) average.updates++;
        this.#report(result, { ...at, samples: steps[i]!.samples });
      });
      return results.length;
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** The words of the step after `ahead` others: the optimizer's, the share of the average, the rates of scheduled dropout, how samples are mixed. */
  #fillWords(into: Uint32Array, at: { ahead: number; moment: AverageMoment }): void {
    const { optimizer, average } = this.#options;
    const step = optimizer.steps + at.ahead;
    const hyper = optimizer.hyper(step);
    into.set(new Uint32Array(hyper.buffer, hyper.byteOffset, hyper.length));
    // A segment lies within an epoch: of its steps either all are taken into the average, or at most the last.
    const earlier = average?.policy.kind === 'ema' ? at.ahead : 0;
    const share = average?.takes(at.moment) ? average.share(average.updates + earlier) : 0;
    into[hyper.length] = f32Bits(share);
    this.#rates.fill(step, into.subarray(hyper.length + 1));
    this.#mixes?.fill(step, into.subarray(hyper.length + 1 + RateTable.words));
  }

  #report(
    result: Float32Array,
    at: { epoch: number; sums: { loss: number; right: number; samples: number }; samples: number },
  ): void {
    const { optimizer, onEvent } = this.#options;
    const { epoch, sums, samples } = at;
    const loss = result[resultWords.loss]!;
    const right = result[resultWords.correct]!;
    const lr = optimizer.lrAt(optimizer.steps++);
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
      lr,
      ...(result.length > resultWords.gradNorm ? { gradNorm: result[resultWords.gradNorm]! } : {}),
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
