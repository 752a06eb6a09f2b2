/** From the options as typed to the resolved configuration of a run: the defaults, and which options go together. */
import { availableParallelism } from 'node:os';
import type { DropoutSchedule } from '@lockstep/core';
import { resolveData } from '../data-sets.ts';
import { defaults } from '../defaults.ts';
import { UsageError } from '../errors.ts';
import type { ModelChoice } from '../model/load-model.ts';
import type { OptimizerName, RunConfig } from '../run/run-record.ts';

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
  readonly dropout?: number;
  readonly dropoutSchedule?: DropoutSchedule;
  readonly maxNorm?: number;
  readonly seed: number;
  readonly workers?: number;
  readonly shards?: number;
  readonly limit?: number;
  readonly evalLimit?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** A file for the trace; true: profile.json in the folder of the run. */
  readonly profile?: string | true;
  /** False with --no-advice. */
  readonly advice?: boolean;
  /** False with --no-revectorize. */
  readonly revectorize?: boolean;
}

/** All but the shards, which depend on the data set too. */
export function resolveConfig(model: ModelChoice, flags: TrainFlags): Omit<RunConfig, 'shards'> {
  const { epochs, batchSize, optimizer, seed, dropout, dropoutSchedule, maxNorm, limit, evalLimit, label } = flags;
  if (optimizer !== 'sgd' && flags.momentum !== undefined) {
    throw new UsageError({
      where: '--momentum',
      expected: '--optimizer sgd',
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
    ...(optimizer === 'sgd' ? { momentum: flags.momentum ?? defaults.momentum } : {}),
    weightDecay: flags.weightDecay ?? defaults.weightDecay[optimizer],
    ...(dropout === undefined ? {} : { dropout }),
    ...(dropoutSchedule ? { dropoutSchedule } : {}),
    ...(maxNorm === undefined ? {} : { maxNorm }),
    seed,
    workers: flags.workers ?? availableParallelism(),
    ...(limit === undefined ? {} : { limit }),
    ...(evalLimit === undefined ? {} : { evalLimit }),
  };
}
