/** The training steps of a run: epochs as segments of steps on the workers, the words that each step reads, and what is told of it. */
import { type AverageMoment, permutation, type RateTable } from '@lockstep/core';
import { type BatchPlan, batches } from '@lockstep/data';
import { f32Bits } from '@lockstep/kernels';
import type { Evaluation } from './evaluate.ts';
import type { TrainOptions, TrainResult } from './options.ts';
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
  readonly #data: SharedData;
  #segmentSteps = 4;
  #epochs = 0;
  #trainLoss = Number.NaN;
  #samples = 0;
  #trainingMs = 0;

  constructor(
    options: TrainOptions,
    parts: { session: Session; programs: StepPrograms; rates: RateTable; data: SharedData },
  ) {
    this.#options = options;
    this.#session = parts.session;
    this.#programs = parts.programs;
    this.#rates = parts.rates;
    this.#data = parts.data;
  }

  /** Mean training loss of the last epoch. */
  get trainLoss(): number {
    return this.#trainLoss;
  }

  async epoch(epoch: number): Promise<void> {
    const { batchSize, signal, optimizer, shuffle = true, seed = 0, onEvent } = this.#options;
    const { count } = this.#data;
    const plan = batches({ count, batchSize, ...(shuffle ? { permute: permutation(seed, epoch, count) } : {}) });
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
    onEvent?.({
      type: 'epoch',
      epoch,
      step: optimizer.steps,
      trainLoss: this.#trainLoss,
      trainAccuracy,
      samplesPerSecond,
    });
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

  /** The words of the step after `ahead` others: the optimizer's, the share of the average, the rates of scheduled dropout. */
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
    onEvent?.({
      type: 'step',
      step: optimizer.steps,
      epoch,
      loss,
      accuracy: right / samples,
      lr,
      ...(result.length > resultWords.gradNorm ? { gradNorm: result[resultWords.gradNorm]! } : {}),
      samples,
      epochSamples: sums.samples,
      epochSize: this.#data.count,
    });
  }

  result(test: Evaluation | undefined): TrainResult {
    return {
      steps: this.#options.optimizer.steps,
      epochs: this.#epochs,
      trainLoss: this.#trainLoss,
      test,
      samplesPerSecond: (1000 * this.#samples) / this.#trainingMs,
      stopped: this.#options.signal?.aborted ?? false,
    };
  }
}

function nextLength(steps: number, tookMs: number): number {
  return Math.max(1, Math.min(longestSegment, Math.round((steps * segmentMs) / Math.max(tookMs, 1))));
}
