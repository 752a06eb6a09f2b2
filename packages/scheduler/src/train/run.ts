/** The training steps of a run: epochs as segments of steps on the workers, the words that each step reads, and what is told of it. */
import { type AverageMoment, type MixTable, RateTable } from '@lockstep/core';
import { type BatchPlan, batches } from '@lockstep/data';
import { f32Bits } from '@lockstep/kernels';
import type { Callbacks } from './callbacks.ts';
import type { EpochEvent, StepEvent } from './events.ts';
import type { NonFiniteGuard } from './non-finite.ts';
import type { TrainOptions, TrainResult } from './options.ts';
import type { Progress } from './progress.ts';
import type { Recovery } from './recovery.ts';
import type { EpochOrder } from './samples.ts';
import type { SegmentPlan, Session } from './session.ts';
import type { SharedData } from './shared-data.ts';
import type { Snapshots } from './snapshots.ts';
import { resultWords, type StepPrograms } from './step-programs.ts';

/** About this long, so that a watcher sees progress and a stop is prompt, while the cost of starting a segment stays below 0.1 %. */
const segmentMs = 200;
const longestSegment = 512;

export class Run {
  readonly #options: TrainOptions;
  readonly #recovery: Recovery;
  readonly #programs: StepPrograms;
  readonly #rates: RateTable;
  readonly #mixes: MixTable | undefined;
  readonly #session: Session;
  readonly #data: SharedData;
  readonly #order: EpochOrder;
  readonly #callbacks: Callbacks;
  readonly #progress: Progress;
  readonly #snapshots: Snapshots | undefined;
  readonly #guard: NonFiniteGuard;
  #segmentSteps = 4;
  #samples = 0;
  #trainingMs = 0;

  constructor(
    options: TrainOptions,
    parts: {
      session: Session;
      recovery: Recovery;
      programs: StepPrograms;
      rates: RateTable;
      mixes: MixTable | undefined;
      data: SharedData;
      order: EpochOrder;
      callbacks: Callbacks;
      progress: Progress;
      snapshots: Snapshots | undefined;
      guard: NonFiniteGuard;
    },
  ) {
    this.#options = options;
    this.#session = parts.session;
    this.#recovery = parts.recovery;
    this.#programs = parts.programs;
    this.#rates = parts.rates;
    this.#mixes = parts.mixes;
    this.#data = parts.data;
    this.#order = parts.order;
    this.#callbacks = parts.callbacks;
    this.#progress = parts.progress;
    this.#snapshots = parts.snapshots;
    this.#guard = parts.guard;
  }

  /** An epoch is to be trained, or its evaluation is left. */
  get goesOn(): boolean {
    const { epoch, told } = this.#progress.state;
    const ended = this.#callbacks.ended && !told;
    return epoch <= this.#options.epochs && !ended && !this.#options.signal?.aborted;
  }

  /** The steps that are left of the epoch under way. */
  async epoch(): Promise<void> {
    const { epoch, told } = this.#progress.state;
    if (told) return;
    const { batchSize, signal, optimizer, onEvent } = this.#options;
    const { count } = this.#order;
    const permute = this.#order.permute(epoch);
    const plan = batches({ count, batchSize, ...(permute ? { permute } : {}) });
    const [startedMs, before] = [this.#trainingMs, this.#samples];
    while (this.#progress.state.stepsDone < plan.steps && !signal?.aborted) {
      const good = await this.#segment(plan);
      if (good) this.#snapshots?.afterSteps(optimizer.steps);
    }
    const { sums, stepsDone } = this.#progress.state;
    const complete = stepsDone === plan.steps;
    this.#progress.endSteps(complete);
    if (!complete) return;
    // Of a resumed epoch the samples since then.
    const samples = this.#samples - before;
    const samplesPerSecond = samples > 0 ? (1000 * samples) / (this.#trainingMs - startedMs) : 0;
    const trainAccuracy = sums.right / sums.samples;
    const event: EpochEvent = {
      type: 'epoch',
      epoch,
      step: optimizer.steps,
      trainLoss: this.#progress.state.trainLoss,
      trainAccuracy,
      samplesPerSecond,
    };
    onEvent?.(event);
    await this.#callbacks.after(event);
  }

  /** Runs the next steps of the epoch in one go; false if the numbers of one were not finite, and the run goes on all the same. */
  async #segment(plan: BatchPlan): Promise<boolean> {
    const { optimizer, signal, average } = this.#options;
    const { epoch, stepsDone: first } = this.#progress.state;
    const room = this.#snapshots?.room(optimizer.steps) ?? plan.steps;
    const length = Math.min(this.#segmentSteps, plan.steps - first, room);
    const steps = Array.from({ length }, (_, i) => {
      const samples = plan.sizeOf(first + i);
      return { program: this.#programs.training(this.#data, samples, optimizer), step: optimizer.steps + i, samples };
    });
    const momentOf = (i: number) => ({ epoch, lastOfEpoch: first + i + 1 === plan.steps });
    const segment: SegmentPlan = {
      steps,
      fillIndices: (i, into) => plan.fill(first + i, into),
      hyper: (i, into) => this.#fillWords(into, { ahead: i, moment: momentOf(i) }),
    };
    const started = performance.now();
    const results = await this.#recovery.train(segment, signal);
    const tookMs = performance.now() - started;
    this.#trainingMs += tookMs;
    this.#segmentSteps = nextLength(results.length, tookMs);
    results.forEach((result, i) => {
      if (average?.takes(momentOf(i))) average.updates++;
      this.#report(result, steps[i]!.samples);
    });
    const { wrong } = this.#session;
    if (wrong) this.#guard.handle({ ...steps[results.length]!, wrong });
    return !wrong;
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

  #report(result: Float32Array, samples: number): void {
    const { optimizer, onEvent } = this.#options;
    const loss = result[resultWords.loss]!;
    const right = result[resultWords.correct]!;
    const lr = optimizer.lrAt(optimizer.steps++);
    this.#progress.addStep({ loss, right, samples });
    this.#samples += samples;
    const { epoch, sums } = this.#progress.state;
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

  result(): TrainResult {
    const { epochs, trainLoss, evaluation } = this.#progress.state;
    return {
      steps: this.#options.optimizer.steps,
      epochs,
      trainLoss,
      test: evaluation?.result,
      samplesPerSecond: (1000 * this.#samples) / this.#trainingMs,
      stopped: this.#options.signal?.aborted === true || this.#callbacks.ended,
    };
  }
}

function nextLength(steps: number, tookMs: number): number {
  return Math.max(1, Math.min(longestSegment, Math.round((steps * segmentMs) / Math.max(tookMs, 1))));
}
