/** From the options as typed to the resolved configuration of a run: the defaults, and which options go together. */
import { availableParallelism } from 'node:os';
import type { Augmentation, DropoutSchedule } from '@lockstep/core';
import type { MetricName, OnNonFinite, SnapshotInterval } from '@lockstep/scheduler';
import { resolveData } from '../data-sets.ts';
import { defaults } from '../defaults.ts';
import { UsageError } from '../errors.ts';
import type { LrScheduleText } from '../lr-schedule.ts';
import type { ModelChoice } from '../model/load-model.ts';
import type { OptimizerName } from '../run/optimizer-names.ts';
import type { RunConfig } from '../run/run-record.ts';

/** What the command line gives `train`. */
export interface TrainFlags {
  readonly data: string;
  readonly label?: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  readonly lr?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly lrSchedule?: LrScheduleText;
  readonly warmup?: number;
  readonly clipNorm?: number;
  readonly onNonFinite: OnNonFinite;
  readonly accumulate?: number;
  readonly dropout?: number;
  readonly dropoutSchedule?: DropoutSchedule;
  readonly maxNorm?: number;
  readonly augment?: readonly Augmentation[];
  readonly metrics?: readonly MetricName[];
  readonly seed: number;
  readonly workers?: number;
  readonly hangSeconds: number;
  readonly shards?: number;
  readonly limit?: number;
  readonly evalLimit?: number;
  readonly out?: string;
  /** Nothing in it: no checkpoints. */
  readonly checkpointEvery?: SnapshotInterval;
  readonly checkpointKeep: number;
  readonly checkpointBest: 'testLoss' | 'testAccuracy' | 'none';
  /** The folder of a run to go on with. */
  readonly resume?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** A file for the trace; true: profile.json in the folder of the run. */
  readonly profile?: string | true;
  /** False with --no-advice. */
  readonly advice?: boolean;
  /** False with --no-revectorize. */
  readonly revectorize?: boolean;
}

/** All but the shards and the schedule of the learning rate, which depend on the data set too. */
export function resolveConfig(model: ModelChoice, flags: TrainFlags): Omit<RunConfig, 'shards' | 'lrSchedule'> {
  const { epochs, batchSize, optimizer, seed, dropout, dropoutSchedule, maxNorm, clipNorm, limit, evalLimit, label } =
    flags;
  const { augment, metrics } = flags;
  const momentum = optimizer === 'sgd' || optimizer === 'rmsprop' ? defaults.momentum[optimizer] : undefined;
  if (momentum === undefined && flags.momentum !== undefined) {
    throw new UsageError({
      where: '--momentum',
      expected: '--optimizer sgd or rmsprop',
      got: optimizer,
      hint: `Leave it out: ${optimizer} keeps running means of its own.`,
    });
  }
  return {
    model: model.reference,
    data: resolveData(flags.data),
    ...(label === undefined ? {} : { label }),
    epochs,
    batchSize,
    optimizer,
    lr: flags.lr ?? defaults.lr[optimizer],
    ...(momentum === undefined ? {} : { momentum: flags.momentum ?? momentum }),
    weightDecay: flags.weightDecay ?? weightDecayOf(optimizer),
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(flags.accumulate === undefined ? {} : { accumulate: flags.accumulate }),
    ...(flags.onNonFinite === 'stop' ? {} : { onNonFinite: flags.onNonFinite }),
    ...(dropout === undefined ? {} : { dropout }),
    ...(dropoutSchedule ? { dropoutSchedule } : {}),
    ...(maxNorm === undefined ? {} : { maxNorm }),
    ...(augment ? { augment } : {}),
    ...(metrics ? { metrics } : {}),
    seed,
    workers: flags.workers ?? availableParallelism(),
    ...(limit === undefined ? {} : { limit }),
    ...(evalLimit === undefined ? {} : { evalLimit }),
  };
}

function weightDecayOf(optimizer: OptimizerName): number {
  const { weightDecay, weightDecays } = defaults;
  return optimizer === 'adamw' || optimizer === 'muon' ? weightDecays[optimizer] : weightDecay;
}
