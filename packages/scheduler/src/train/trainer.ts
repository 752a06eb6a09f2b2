/**
 * The training loop: data set → epoch's shuffle → segments of steps on the workers → events, evaluation after each epoch. Everything that
 * decides a bit (order, masks, sums) comes from the seed and the batch, never from the workers.
 */
import {
  checkClipOptions,
  checkDropoutSchedule,
  crossEntropy,
  defaultArena,
  markWritten,
  RateTable,
  type WeightAverage,
} from '@lockstep/core';
import { batches } from '@lockstep/data';
import { InlinePool } from '../pool/inline.ts';
import { WorkerError } from '../pool/pool.ts';
import { Adviser } from './adviser.ts';
import { mixWords } from './augmentation.ts';
import { Callbacks } from './callbacks.ts';
import { evaluateOn, metricsOf } from './evaluate.ts';
import type { EvaluationEvent, TrainEvent } from './events.ts';
import { followPlateau } from './lr-policy.ts';
import { checkNonFiniteOptions, NonFiniteGuard } from './non-finite.ts';
import type { TrainOptions, TrainResult } from './options.ts';
import { microBatchOf } from './plan.ts';
import { prepareRun } from './prepare.ts';
import { Progress } from './progress.ts';
import { type Loss, Recovery } from './recovery.ts';
import { Run } from './run.ts';
import type { WeightedSampler } from './samples.ts';
import { Session } from './session.ts';
import { sha256 } from './sha256.ts';
import { Snapshots } from './snapshots.ts';
import { StepPrograms } from './step-programs.ts';
import { epochSize, samplesOf, type TrainingSamples } from './training-samples.ts';
import { captureState, namedTensors, restoreState, type SampleOrder, type StatefulParts } from './training-state.ts';

/** What programs read stays reachable while they run. */
const inUse = new Set<object>();

/** Trains the model in place. RangeError for counts that are not whole numbers of at least 1, and for schedules that make no sense. */
export async function train(given: TrainOptions): Promise<TrainResult> {
  checkCounts(given);
  checkClipOptions(given);
  const onNonFinite = checkNonFiniteOptions(given);
  if (given.evaluateAverage && !given.average)
    throw new RangeError('evaluateAverage: there is no average; give one: new WeightAverage(model.parameters(), …)');
  const { optimizer, profiler } = given;
  const follower = followPlateau(given);
  const onEvent = follow(given.onEvent, follower?.onEvent);
  const options = { ...given, ...(onEvent ? { onEvent } : {}) };
  if (options.dropoutSchedule) checkDropoutSchedule(options.dropoutSchedule);
  const arena = defaultArena();
  const pool = options.pool ?? new InlinePool();
  const scheduleBefore = optimizer.schedule;
  if (options.lrSchedule) {
    const stepsPerEpoch = batches({ count: epochSize(options), batchSize: options.batchSize }).steps;
    optimizer.useSchedule({ schedule: options.lrSchedule, stepsPerEpoch });
  }
  const optimizerWords = optimizer.hyper(0).length;
  const ownWords = optimizerWords + 1 + RateTable.words;
  const session = new Session({
    ...{ arena, pool, profiler },
    hyperWords: ownWords + mixWords(options.augment),
    flagWords: onNonFinite === 'stop' ? optimizer.parameters.length : 0,
  });
  const share = session.hyperAddress + 4 * optimizerWords;
  const rates = new RateTable(share + 4);
  const held: { samples?: TrainingSamples } = {};
  inUse.add(held);
  try {
    const programs = new StepPrograms({
      ...options,
      session,
      rates,
      average: options.average && { of: options.average, share },
      microBatch: microBatchOf(Math.min(options.batchSize, epochSize(options)), options.accumulate),
      checkFirst: onNonFinite !== 'stop',
      seed: options.seed ?? 0,
      loss: options.loss ?? crossEntropy,
    });
    const samples = samplesOf(options, { session, base: session.hyperAddress + 4 * ownWords });
    held.samples = samples;
    const { test } = samples;
    const callbacks = new Callbacks(options);
    const metrics = test && metricsOf(test, options.metrics);
    prepareRun({ options, session, programs, data: samples.data, test, metrics, count: samples.order.count });
    const adviser = new Adviser({ ...options, inputShape: samples.data.shape });
    const progress = new Progress();
    const others = { order: await orderOf(options), progress, plateau: follower?.plateau, adviser, callbacks };
    const stateful = { ...options, ...others };
    if (options.resume) restoreState(options.resume, stateful);
    const shared = { session, programs, progress, data: samples.data };
    const { model, onEvent: tell } = options;
    const guard = new NonFiniteGuard({ ...shared, onNonFinite, model, optimizer, stateful, onEvent: tell });
    guard.keep();
    const snapshots = snapshotsOf(options, stateful, guard);
    const recovery = new Recovery(session, Object.values(namedTensors(stateful)), (loss: Loss) => {
      const { epoch } = progress.state;
      tell?.({ type: 'worker', epoch, step: optimizer.steps, ...loss, workers: pool.workers });
    });
    const parts = { session, recovery, programs, rates, callbacks, progress, snapshots, guard };
    const run = new Run(options, { ...parts, ...samples });
    const evaluateEpoch = async (epoch: number): Promise<void> => {
      if (!test) return;
      const averaged = options.evaluateAverage && options.average!.updates > 0 ? { averaged: true as const } : {};
      const evaluating = () => evaluateOn(session, { programs, data: test, metrics, signal: options.signal });
      const done = await recovery.read(`the evaluation of epoch ${epoch}`, () =>
        'averaged' in averaged ? withAverage(options.average!, evaluating) : evaluating(),
      );
      if (!done) return;
      const { loss: testLoss, accuracy: testAccuracy } = done;
      const step = optimizer.steps;
      progress.addEvaluation({ epoch, step, result: done });
      const measured = done.metrics ? { metrics: done.metrics } : {};
      const event: EvaluationEvent = {
        type: 'evaluation',
        epoch,
        step,
        ...averaged,
        testLoss,
        testAccuracy,
        ...measured,
      };
      options.onEvent?.(event);
      await callbacks.after(event);
      if (options.advice === false || !options.onEvent) return;
      const figures = { epoch, step, trainLoss: progress.state.trainLoss, testLoss, testAccuracy };
      for (const event of adviser.afterEpoch(figures)) options.onEvent(event);
    };
    try {
      while (run.goesOn) {
        const { epoch } = progress.state;
        await run.epoch();
        if (options.signal?.aborted) break;
        await evaluateEpoch(epoch);
        if (test && progress.state.evaluation?.epoch !== epoch) break;
        progress.endEpoch();
        guard.keep();
        snapshots?.afterEpoch(epoch);
      }
    } catch (error) {
      // Where the calling thread fails too there is no state to save, and the first error says more.
      if (error instanceof WorkerError)
        await recovery.settle().then(
          () => snapshots?.failed(),
          () => {},
        );
      throw error;
    }
    // Before callbacks may put other weights into the model.
    if (options.signal?.aborted) snapshots?.stopped();
    await callbacks.end();
    return run.result();
  } finally {
    optimizer.useSchedule(scheduleBefore);
    markWritten([
      ...optimizer.parameters,
      ...(options.average?.averages.values() ?? []),
      ...[...options.model.namedBuffers()].map(([, buffer]) => buffer),
    ]);
    inUse.delete(held);
    session.release();
  }
}

/** Runs with the averaged weights in the place of the model's, and puts those back. */
async function withAverage<T>(average: WeightAverage, run: () => Promise<T>): Promise<T> {
  average.swap();
  try {
    return await run();
  } finally {
    average.swap();
  }
}

/** What the samples and masks of a place in an epoch depend on. */
async function orderOf(options: TrainOptions): Promise<SampleOrder> {
  const { seed = 0, shuffle = true, batchSize, sampler, validationSplit: split, augment } = options;
  const { fraction, stratify = false } = typeof split === 'number' ? { fraction: split } : (split ?? {});
  return {
    ...{ seed, shuffle, batchSize, samples: epochSize(options) },
    ...(sampler ? { sampler: await drawsOf(sampler) } : {}),
    ...(fraction === undefined ? {} : { validationSplit: { fraction, stratify } }),
    ...(augment?.length ? { augment } : {}),
  };
}

/** Weights may be as many as the samples: their hash stands for them. */
async function drawsOf({ weights }: WeightedSampler): Promise<string> {
  if (weights === 'balanced') return weights;
  return `weights ${await sha256(new Uint8Array(Float64Array.from(weights).buffer))}`;
}

function snapshotsOf(options: TrainOptions, stateful: StatefulParts, guard: NonFiniteGuard): Snapshots | undefined {
  const { snapshotEvery = {}, onSnapshot } = options;
  if (!onSnapshot) return undefined;
  return new Snapshots(snapshotEvery, (reason) => {
    guard.keep();
    onSnapshot(captureState(stateful), reason);
  });
}

type Follower = (event: TrainEvent) => void;

/** One follower for all that there are. */
function follow(...followers: (Follower | undefined)[]): Follower | undefined {
  const there = followers.filter((follower) => follower !== undefined);
  if (there.length < 2) return there[0];
  return (event) => {
    for (const follower of there) follower(event);
  };
}

function checkCounts({ epochs, batchSize, shards }: TrainOptions): void {
  for (const [name, value] of Object.entries({ epochs, batchSize, shards: shards ?? 1 })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name}: expected an integer ≥ 1, got ${value}`);
  }
}
