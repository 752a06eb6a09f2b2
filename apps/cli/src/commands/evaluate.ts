/** `lockstep evaluate`: a run's model on a test split, with `--mc` by Monte-Carlo dropout too. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors, type nn } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import { evaluate, type MetricName, weightsHash } from '@lockstep/scheduler';
import { isCsv, loadSplit, loadSplits, resolveData } from '../data-sets.ts';
import { CommandError, messageOf, UsageError } from '../errors.ts';
import { chooseKernels } from '../kernel-mode.ts';
import { checkMetricsFit } from '../metrics.ts';
import { buildModel, chooseModel } from '../model/load-model.ts';
import { runFiles } from '../run/run-folder.ts';
import { type RunRecord, readRecord } from '../run/run-record.ts';
import { grouped, percent } from '../ui/format.ts';
import { metricTables } from '../ui/metric-tables.ts';
import { workerPool } from '../worker-pool.ts';
import { mcReport, mcTables } from './evaluate-mc.ts';

export interface EvaluateFlags {
  /** Default: what the run was trained on. */
  readonly data?: string;
  readonly evalLimit?: number;
  /** Besides loss and accuracy. Default: the run's. */
  readonly metrics?: readonly MetricName[];
  readonly workers?: number;
  /** Passes with dropout on, besides the one without. */
  readonly mc?: number;
  /** The root seed of their masks. Default 0. */
  readonly mcSeed?: number;
  readonly json?: boolean;
  /** False with --no-revectorize. */
  readonly revectorize?: boolean;
}

export async function evaluateCommand(runPath: string, flags: EvaluateFlags): Promise<number> {
  if (flags.mcSeed !== undefined && flags.mc === undefined) {
    const hint = 'Say how many passes, for example --mc 50.';
    throw new UsageError({ where: '--mc-seed', expected: '--mc', got: 'nothing', hint });
  }
  const record = readRecord(runPath);
  chooseKernels(flags.revectorize);
  const model = await modelOfRun(runPath, record);
  const data = flags.data === undefined ? record.config.data : resolveData(flags.data);
  const limit = flags.evalLimit ?? (data === record.config.data ? record.config.evalLimit : undefined);
  const test = await testOf(data, { limit, record });
  checkFits(test, record);
  const { metrics: names = record.config.metrics ?? [] } = flags;
  checkMetricsFit(names, test.classes.length);
  const workers = flags.workers ?? availableParallelism();
  const pool = workerPool({ workers });
  try {
    const { loss, accuracy, samples, metrics } = await evaluate({ model, data: test, pool, metrics: names });
    const hash = await weightsHash(model);
    const passes = flags.mc === undefined ? undefined : { samples: flags.mc, seed: flags.mcSeed ?? 0, pool };
    const mc = passes && (await mcReport(model, test, passes));
    const result = {
      weightsHash: hash,
      testLoss: loss,
      testAccuracy: accuracy,
      ...(metrics ? { metrics } : {}),
      samples,
      workers,
      ...(mc ? { mc } : {}),
    };
    const line = `test accuracy ${percent(accuracy)}, loss ${loss.toFixed(4)} on ${grouped(samples)} samples of ${test.name}`;
    const tables = [metrics && metricTables(metrics, test.classes), mc && mcTables(mc)];
    const text = [line, ...tables.filter((part) => part !== undefined)].join('\n\n');
    process.stdout.write(`${flags.json ? JSON.stringify(result) : text}\n`);
    return 0;
  } finally {
    await pool.close();
  }
}

async function testOf(data: string, of: { limit: number | undefined; record: RunRecord }): Promise<Dataset> {
  const { config } = of.record;
  if (!isCsv(data)) return loadSplit(data, { split: 'test', limit: of.limit });
  if (data === config.data) return (await loadSplits(data, { label: config.label, evalLimit: of.limit })).test;
  throw new UsageError({
    where: '--data',
    expected: 'the table that the run was trained on, or a data set',
    got: data,
    hint: 'Leave it out: another table would be standardised by its own rows.',
  });
}

/** The model as it was built for the run, with the weights that were saved. */
export async function modelOfRun(runPath: string, { config, dataset }: RunRecord): Promise<nn.Module> {
  const { seed, dropout } = config;
  const { shape, classes } = dataset;
  const where = join(runPath, runFiles.model);
  const bytes = readModelFile(where);
  const model = await buildModel(chooseModel(config.model), {
    seed,
    dropout,
    inputShape: shape,
    classes: classes.length,
  });
  model.loadStateDict(decodeSafetensors(bytes, where).tensors);
  return model;
}

/** Node reads at most 2 GiB at once and refuses more before it takes memory; the format bounds the rest. */
function readModelFile(where: string): Uint8Array {
  try {
    return readFileSync(where);
  } catch (cause) {
    const hint = 'The run did not come as far as saving a model.';
    throw new CommandError({ where, expected: 'the weights of the run', got: messageOf(cause), hint, cause });
  }
}

function checkFits(test: Dataset, { dataset }: RunRecord): void {
  const describe = (shape: readonly number[], classes: readonly string[]): string =>
    `samples [${shape.join(', ')}] of ${classes.length} classes`;
  const expected = describe(dataset.shape, dataset.classes);
  const got = describe(test.shape, test.classes);
  if (expected === got) return;
  throw new CommandError({ where: '--data', expected, got, hint: 'Choose a data set like the one it was trained on.' });
}
