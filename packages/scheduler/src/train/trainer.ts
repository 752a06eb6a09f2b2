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
import { Adviser } from './adviser.ts';
import { mixWords } from './augmentation.ts';
import { Callbacks } from './callbacks.ts';
import { type Evaluation, evaluateOn, metricsOf } from './evaluate.ts';
import type { EvaluationEvent, TrainEvent } from './events.ts';
import { followPlateau } from './lr-policy.ts';
import type { TrainOptions, TrainResult } from './options.ts';
import { Run } from './run.ts';
import { Session } from './session.ts';
import { StepPrograms } from './step-programs.ts';
import { epochSize, samplesOf, type TrainingSamples } from './training-samples.ts';

/** What programs read stays reachable while they run. */
const inUse = new Set<object>();

/** Trains the model in place. RangeError for counts that are not whole numbers of at least 1, and for schedules that make no sense. */
export async function train(given: TrainOptions): Promise<TrainResult> {
  checkCounts(given);
  checkClipOptions(given);
  if (given.evaluateAverage && !given.average)
    throw new RangeError('evaluateAverage: there is no average; give one: new WeightAverage(model.parameters(), …)');
  const { optimizer, profiler } = given;
  const onEvent = follow(given.onEvent, followPlateau(given));
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
  const session = new Session({ arena, pool, hyperWords: ownWords + mixWords(options.augment), profiler });
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
      seed: options.seed ?? 0,
      loss: options.loss ?? crossEntropy,
    });
    const samples = samplesOf(options, { arena, base: session.hyperAddress + 4 * ownWords });
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
      const averaged = options.evaluateAverage && options.average!.updates > 0 ? { averaged: true as const } : {};
      const evaluating = () => evaluateOn(session, { programs, data: test, metrics, signal: options.signal });
      const done = await ('averaged' in averaged ? withAverage(options.average!, evaluating) : evaluating());
      if (!done) break;
      evaluation = done;
      const { loss: testLoss, accuracy: testAccuracy } = evaluation;
      const step = optimizer.steps;
      const measured = evaluation.metrics ? { metrics: evaluation.metrics } : {};
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
      if (options.advice === false || !options.onEvent) continue;
      const figures = { epoch, step, trainLoss: run.trainLoss, testLoss, testAccuracy };
      for (const event of adviser.afterEpoch(figures)) options.onEvent(event);
    }
    await callbacks.end();
    return run.result(evaluation);
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
