/** One training run with its folder: events to progress and metrics, Ctrl-C, and what is saved when it ends well, early or badly. */
import { encodeSafetensors, type nn, type Optimizer } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import {
  chromeTrace,
  type MetricValues,
  NonFiniteError,
  type Profiler,
  type TrainEvent,
  type TrainingState,
  type TrainResult,
  train,
  WorkerError,
  weightsHash,
} from '@lockstep/scheduler';
import type { CheckpointFolder } from '@lockstep/scheduler/node';
import { CommandError, messageOf } from '../errors.ts';
import { type Interrupt, listenForInterrupt } from '../interrupt.ts';
import { grouped, percent } from '../ui/format.ts';
import type { LiveLine } from '../ui/live-line.ts';
import { profileTables } from '../ui/profile-tables.ts';
import { TrainProgress } from '../ui/train-progress.ts';
import { versions } from '../versions.ts';
import { workerPool } from '../worker-pool.ts';
import { saveTrace } from './profile-file.ts';
import { type CheckpointSettings, RunCheckpoints } from './run-checkpoints.ts';
import { type RunFolder, runFiles } from './run-folder.ts';
import { encodeRecord, type RunConfig, type RunLosses, type RunRecord, type RunResult } from './run-record.ts';
import { WorkersFile } from './workers-file.ts';

export interface TrainRunParts {
  readonly config: RunConfig;
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly train: Dataset;
  readonly test: Dataset;
  readonly folder: RunFolder;
  readonly store: CheckpointFolder;
  readonly settings: CheckpointSettings;
  /** The state to go on from. */
  readonly resume?: TrainingState | undefined;
  /** The folder holds nothing yet that must stay. */
  readonly fresh: boolean;
  readonly branchOf?: RunRecord['branchOf'];
  readonly startedAt: Date;
  readonly line: LiveLine;
  /** Takes what must be seen also where `line` shows nothing. */
  readonly warn: (text: string) => void;
  readonly stream: NodeJS.WriteStream;
  /** The kernels that compute. */
  readonly kernels: string;
  /** With --profile; a path of true is the folder's own file. */
  readonly profile?: { readonly path: string | true; readonly profiler: Profiler } | undefined;
  /** False: no advice while training. */
  readonly advice?: boolean | undefined;
  readonly hangSeconds: number;
}

export interface Outcome {
  /** Absent when the run was stopped before its first step. */
  readonly result: RunResult | undefined;
  readonly exitCode: number;
}

interface LastEvaluation {
  readonly step: number;
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly metrics?: MetricValues | undefined;
}

export class TrainRun {
  readonly #parts: TrainRunParts;
  readonly #progress: TrainProgress;
  readonly #checkpoints: RunCheckpoints;
  #losses: RunLosses = { workers: 0, replayedSteps: 0, seconds: 0 };
  #evaluation: LastEvaluation | undefined;

  constructor(parts: TrainRunParts) {
    this.#parts = parts;
    this.#checkpoints = new RunCheckpoints(parts);
    const before = parts.resume?.progress.evaluation;
    const { loss: testLoss = Number.NaN, accuracy: testAccuracy = Number.NaN, metrics } = before?.result ?? {};
    this.#evaluation = before && { step: before.step, testLoss, testAccuracy, metrics };
    this.#progress = new TrainProgress(parts.line, { epochs: parts.config.epochs, stream: parts.stream });
  }

  /** Trains to the end, to Ctrl-C or to an error. */
  async start(): Promise<Outcome> {
    const { line } = this.#parts;
    const interrupt = listenForInterrupt(() =>
      line.keep('stopping after this step; press Ctrl-C again to stop at once without saving'),
    );
    try {
      this.#saveRecord({ status: 'running' });
      return await this.#finish(await this.#train(interrupt.signal), interrupt);
    } catch (thrown) {
      await this.#checkpoints.finish();
      if (this.#isEmpty) this.#parts.folder.discard();
      else this.#saveFailure(thrown);
      if (thrown instanceof WorkerError) this.#tellHowToGoOn();
      throw thrown;
    } finally {
      line.end();
      interrupt.release();
    }
  }

  /** Nothing has been trained here, now or before. */
  get #isEmpty(): boolean {
    return this.#parts.fresh && this.#parts.optimizer.steps === 0;
  }

  async #train(signal: AbortSignal): Promise<TrainResult> {
    const { config, model, optimizer, test, resume, hangSeconds, folder, warn } = this.#parts;
    const { epochs, batchSize, seed, shards, dropoutSchedule, lrSchedule, clipNorm } = config;
    const { accumulate, onNonFinite, augment, metrics } = config;
    const pool = workerPool({ workers: config.workers, hangSeconds });
    try {
      const data = this.#parts.train;
      const workersFile = new WorkersFile(folder.path, pool, warn);
      const onEvent = (event: TrainEvent): void => {
        this.#onEvent(event);
        if (event.type === 'step') workersFile.look();
      };
      const profiler = this.#parts.profile && { profiler: this.#parts.profile.profiler };
      const advice = this.#parts.advice !== false;
      const options = { model, optimizer, data, test, epochs, batchSize, seed, shards, pool, signal, onEvent, advice };
      return await train({
        ...options,
        ...profiler,
        ...this.#checkpoints.options,
        resume,
        ...(dropoutSchedule ? { dropoutSchedule } : {}),
        ...(lrSchedule ? { lrSchedule } : {}),
        ...(augment ? { augment } : {}),
        ...(metrics ? { metrics } : {}),
        clipGradNorm: clipNorm,
        accumulate,
        onNonFinite,
      });
    } catch (thrown) {
      throw thrown instanceof NonFiniteError ? this.#nonFinite(thrown) : thrown;
    } finally {
      await pool.close();
    }
  }

  #onEvent(event: TrainEvent): void {
    if (event.type === 'nonFinite' && event.action === 'rollback') this.#parts.folder.cutMetricsAfter(event.step);
    this.#progress.report(event);
    if (event.type === 'worker') {
      const { workers, replayedSteps, seconds } = this.#losses;
      this.#losses = {
        workers: workers + 1,
        replayedSteps: replayedSteps + event.replayed,
        seconds: seconds + event.seconds,
      };
      return;
    }
    this.#parts.folder.addMetrics(event, { flush: event.type !== 'step' });
    if (event.type === 'evaluation') this.#evaluation = event;
    if (event.type !== 'evaluation' || Number.isFinite(event.testLoss)) return;
    throw new CommandError({
      where: 'evaluation',
      expected: 'a finite loss',
      got: `${event.testLoss} after step ${event.step}`,
      hint: `Lower the learning rate (--lr is ${this.#parts.config.lr}).`,
    });
  }

  #nonFinite(cause: NonFiniteError): CommandError {
    const { lr, clipNorm, onNonFinite } = this.#parts.config;
    const others = [
      ...(clipNorm === undefined ? ['limit the gradients (--clip-norm 1)'] : []),
      ...(onNonFinite === undefined ? ['leave such steps out (--on-non-finite skip)'] : []),
    ];
    return new CommandError({
      where: `training, step ${cause.step} of epoch ${cause.epoch}${cause.reason && ` ${cause.reason}`}`,
      expected: 'a finite loss and finite gradients',
      got: cause.finding,
      hint: `${[`Lower the learning rate (--lr is ${lr})`, ...others].join(', or ')}.`,
      cause,
    });
  }

  async #finish(trained: TrainResult, interrupt: Interrupt): Promise<Outcome> {
    const { folder, line, model, config } = this.#parts;
    await this.#checkpoints.finish();
    if (trained.steps === 0) {
      if (this.#isEmpty) folder.discard();
      else folder.close();
      line.keep('stopped before the first step; nothing was saved');
      return { result: undefined, exitCode: interrupt.exitCode };
    }
    const result = await this.#resultOf(trained);
    const complete = trained.epochs === config.epochs && this.#evaluation?.step === trained.steps;
    const metadata = { format: 'lockstep', model: config.model, steps: String(trained.steps) };
    folder.save(runFiles.model, encodeSafetensors(model.stateDict(), metadata));
    this.#saveRecord({ status: complete ? 'completed' : 'interrupted', result });
    folder.close();
    this.#saveProfile();
    line.keep(
      complete
        ? summaryOf(result)
        : `stopped after step ${trained.steps}, in epoch ${Math.min(trained.epochs + 1, config.epochs)} of ${config.epochs}`,
    );
    line.keep(`saved ${folder.path}`);
    if (!complete) this.#tellHowToGoOn();
    return { result, exitCode: complete ? 0 : interrupt.exitCode };
  }

  #tellHowToGoOn(): void {
    const { folder, line } = this.#parts;
    const { last } = this.#checkpoints;
    if (last) line.keep(`go on after step ${last.step}: lockstep train --resume ${folder.path}`);
  }

  #saveProfile(): void {
    const { profile, folder, line } = this.#parts;
    if (!profile) return;
    const spans = profile.profiler.profile();
    line.keep(`\n${profileTables(spans)}\n`);
    line.keep(`trace ${saveTrace(folder, profile.path, chromeTrace(spans))}`);
  }

  async #resultOf(trained: TrainResult): Promise<RunResult> {
    const { model, config } = this.#parts;
    // An evaluation of earlier weights says nothing about these.
    const test = this.#evaluation?.step === trained.steps ? this.#evaluation : undefined;
    return {
      weightsHash: await weightsHash(model),
      steps: trained.steps,
      epochs: trained.epochs,
      trainLoss: finite(trained.trainLoss),
      testLoss: finite(test?.testLoss),
      testAccuracy: finite(test?.testAccuracy),
      ...(test?.metrics ? { metrics: test.metrics } : {}),
      imagesPerSecond: finite(Math.round(trained.samplesPerSecond * 10) / 10),
      workers: config.workers,
      shards: config.shards,
      seed: config.seed,
      kernels: this.#parts.kernels,
    };
  }

  /** Keeps the metrics and says why there is no model. Its own failure must not hide the first one. */
  #saveFailure(thrown: unknown): void {
    const { folder } = this.#parts;
    try {
      this.#saveRecord({ status: 'failed', error: messageOf(thrown) });
      folder.close();
    } catch (second) {
      this.#parts.line.keep(`the record of the run could not be saved: ${messageOf(second)}`);
    }
  }

  #saveRecord(now: Pick<RunRecord, 'status' | 'error' | 'result'>): void {
    const { config, train, test, startedAt, branchOf, folder } = this.#parts;
    const record = encodeRecord({
      ...now,
      startedAt: startedAt.toISOString(),
      ...(now.status === 'running' ? {} : { finishedAt: new Date().toISOString() }),
      ...(branchOf ? { branchOf } : {}),
      config,
      dataset: { shape: train.shape, classes: train.classes, trainCount: train.count, testCount: test.count },
      versions,
      ...(this.#losses.workers > 0 ? { losses: this.#losses } : {}),
    });
    folder.save(runFiles.record, record);
  }
}

function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

function summaryOf({ testAccuracy, testLoss, imagesPerSecond, weightsHash }: RunResult): string {
  return `test accuracy ${percent(testAccuracy ?? Number.NaN)}, loss ${testLoss?.toFixed(4)} · ${grouped(imagesPerSecond ?? 0)} images/s · weights ${weightsHash.slice(0, 12)}`;
}
