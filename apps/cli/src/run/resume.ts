/** Going on with a run: which options hold, where it stands, and what its folder must look like before the first step. */
import { join, resolve } from 'node:path';
import { type Optimizer, optimizerState } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import type { TrainingState } from '@lockstep/scheduler';
import type { CheckpointFolder, LoadedCheckpoint } from '@lockstep/scheduler/node';
import type { TrainFlags } from '../commands/train-options.ts';
import { CommandError, UsageError } from '../errors.ts';
import { readStart } from './read-text.ts';
import { runFiles } from './run-folder.ts';
import { type RunConfig, type RunRecord, readRecord } from './run-record.ts';

export interface PriorRun {
  readonly path: string;
  readonly record: RunRecord;
}

export function priorRun(folder: string): PriorRun {
  return { path: resolve(folder), record: readRecord(folder) };
}

/** The options of the run, with those that were typed in their place. The schedule of the rate is not among them. */
export function flagsOfRun({ record }: PriorRun, flags: TrainFlags, typed: ReadonlySet<string>): TrainFlags {
  const { workers: _, lrSchedule: __, ...config } = record.config;
  const given = Object.fromEntries(Object.entries(flags).filter(([name]) => typed.has(name) || !(name in config)));
  return { ...flags, ...config, ...given } as TrainFlags;
}

/** Options that leave every bit of the weights as it is, so far. */
const free: readonly string[] = ['workers', 'shards', 'epochs', 'accumulate', 'onNonFinite', 'metrics'];
/** No state of another model or optimizer fits. */
const fixed: readonly string[] = ['model', 'optimizer'];
/** A place in the middle of an epoch means other samples with them. */
const betweenEpochs: readonly string[] = ['data', 'label', 'limit', 'batchSize'];

export interface Difference {
  readonly name: keyof RunConfig;
  readonly text: string;
}

/** What is not as in the run and changes bits. */
export function differences({ record }: PriorRun, config: RunConfig): Difference[] {
  const names = [...new Set([...Object.keys(record.config), ...Object.keys(config)])] as (keyof RunConfig)[];
  return names.flatMap((name) => {
    const [has, asked] = [record.config[name], config[name]].map((value) => JSON.stringify(value) ?? 'none');
    if (free.includes(name) || has === asked) return [];
    const option = name === 'model' ? 'model' : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [{ name, text: `${option} ${asked} (the run has ${has})` }];
  });
}

/** @throws UsageError unless the options are those of the run, or `force` is given and a state of the run can go on with them. */
export function checkDifferences(found: readonly Difference[], force: boolean): void {
  const wrong = (bad: readonly Difference[], hint: string): UsageError => {
    const got = bad.map(({ text }) => text).join(', ');
    return new UsageError({ where: '--resume', expected: 'the options of the run', got, hint });
  };
  const impossible = found.filter(({ name }) => fixed.includes(name));
  if (impossible.length > 0) throw wrong(impossible, 'Start a new run: the state of this one does not fit them.');
  if (found.length > 0 && !force)
    throw wrong(found, 'Leave them out, or add --force to branch off into a new folder with them.');
}

/** @throws CommandError for another number of epochs than can be, or other data than the run was on. */
export function checkSameData({ path, record }: PriorRun, data: { train: Dataset; test: Dataset }): void {
  const { train, test } = data;
  const of = (shape: readonly number[], classes: readonly string[], counts: readonly number[]): string =>
    `${counts.join(' + ')} samples [${shape.join(', ')}] of the classes ${classes.join(', ')}`;
  const { shape, classes, trainCount, testCount } = record.dataset;
  const expected = of(shape, classes, [trainCount, testCount]);
  const got = of(train.shape, train.classes, [train.count, test.count]);
  if (expected === got) return;
  const hint = 'Bring the data of the run back, or start a new run.';
  throw new CommandError({ where: `--resume ${path}`, expected, got, hint });
}

/**
 * The newest checkpoint that is whole; `warn` is told of newer ones that are not. Undefined for a run that was killed before its first one,
 * which begins anew.
 *
 * @throws CommandError when the run has none that can be used.
 */
export async function lastCheckpoint(
  { path, record }: PriorRun,
  store: CheckpointFolder,
  warn: (line: string) => void,
): Promise<LoadedCheckpoint | undefined> {
  const loaded = await store.load();
  const skipped = loaded?.skipped ?? store.damaged;
  for (const { name, reason } of skipped) warn(`warning: checkpoint ${name} cannot be used: ${reason}`);
  if (loaded || (store.damaged.length === 0 && record.status === 'running')) return loaded;
  throw new CommandError({
    where: `--resume ${path}`,
    expected: 'a checkpoint',
    got: store.damaged.length > 0 ? `${store.damaged.length} damaged ones` : 'none',
    hint: 'Start a new run.',
  });
}

/** The state for options that differ: rates and the like are those of the new optimizer, the order of samples is the new one. */
export function branchedState(
  state: TrainingState,
  to: { found: readonly Difference[]; optimizer: Optimizer; config: RunConfig; samples: number },
): TrainingState {
  const { found, optimizer, config, samples } = to;
  const { stepsDone } = state.progress;
  const misplaced = found.filter(({ name }) => betweenEpochs.includes(name));
  if (misplaced.length > 0 && stepsDone > 0) {
    throw new UsageError({
      where: '--resume',
      expected: `the batches of the run, which stands ${stepsDone} steps into an epoch`,
      got: misplaced.map(({ text }) => text).join(', '),
      hint: 'They can change only between epochs.',
    });
  }
  const { groups } = optimizerState(optimizer);
  const { seed, batchSize, augment } = config;
  const { augment: _, ...order } = state.order;
  return {
    ...state,
    optimizer: { ...state.optimizer, groups },
    order: { ...order, seed, batchSize, samples, ...(augment ? { augment } : {}) },
  };
}

/** The first bytes of a run's metrics, to the end of a line. */
export function metricsOf({ path }: PriorRun, bytes: number): Uint8Array {
  const lines = readStart(join(path, runFiles.metrics), bytes);
  return lines.subarray(0, lines.lastIndexOf(10) + 1);
}

/** Where the metrics of a checkpoint end. @throws CommandError for what is no place in a file. */
export function metricsBytesOf({ manifest, name }: LoadedCheckpoint): number {
  const { metricsBytes = 0 } = manifest.notes ?? {};
  if (Number.isSafeInteger(metricsBytes) && (metricsBytes as number) >= 0) return metricsBytes as number;
  throw new CommandError({
    where: `checkpoint ${name}`,
    expected: 'the length of the metrics',
    got: `${JSON.stringify(metricsBytes)?.slice(0, 80)}`,
    hint: 'Remove it: the run goes on from the one before.',
  });
}
