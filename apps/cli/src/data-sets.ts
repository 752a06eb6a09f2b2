/** From the data argument to data sets in the shared memory. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { defaultArena } from '@lockstep/core';
import { DataError, type Dataset, type Split } from '@lockstep/data';
import { listDatasets, loadDataset, readCsv } from '@lockstep/data/node';
import { arenaAllocator, tableSplits } from '@lockstep/scheduler';
import { UsageError } from './errors.ts';

/** A known name as it is, the path of a folder made absolute, so that run.json can be used from anywhere. */
export function resolveData(text: string): string {
  const known = listDatasets().some(({ facts }) => facts.name === text);
  const isPath = /[\\/]|^\.+$/.test(text) || isCsv(text) || (existsSync(text) && statSync(text).isDirectory());
  return !known && isPath ? resolve(text) : text;
}

/** Whether a data argument is the path of a table. */
export function isCsv(data: string): boolean {
  return /\.csv$/i.test(data);
}

export interface Splits {
  readonly train: Dataset;
  readonly test: Dataset;
}

interface SplitsOptions {
  /** The column of classes, of a table. */
  readonly label?: string | undefined;
  readonly limit?: number | undefined;
  readonly evalLimit?: number | undefined;
}

/** Both splits; of a table, standardised by the rows that are trained on. A UsageError for a table without --label, and the other way round. */
export async function loadSplits(data: string, { label, limit, evalLimit }: SplitsOptions): Promise<Splits> {
  if (isCsv(data) === (label === undefined)) {
    throw new UsageError({
      where: '--label',
      expected: label === undefined ? 'the column of classes, for a table' : '--data with a .csv file',
      got: label === undefined ? 'none' : data,
      hint: label === undefined ? 'Use --label <column>.' : 'Leave it out: other data sets have labels of their own.',
    });
  }
  if (label === undefined) {
    const train = await loadSplit(data, { split: 'train', limit });
    return { train, test: await loadSplit(data, { split: 'test', limit: evalLimit }) };
  }
  return tableSplits(await readCsv(data, { label }), { train: limit, test: evalLimit });
}

/** Reads one split; a UsageError for a name that nobody knows, a DataError for files that are not as they should be. */
export async function loadSplit(data: string, options: { split: Split; limit?: number | undefined }): Promise<Dataset> {
  const { split, limit } = options;
  try {
    const allocate = arenaAllocator(defaultArena());
    return await loadDataset(data, { split, allocate, ...(limit === undefined ? {} : { limit }) });
  } catch (thrown) {
    if (thrown instanceof DataError && thrown.where === 'dataset') {
      const { expected, got, hint } = thrown;
      throw new UsageError({ where: '--data', expected, got, hint, cause: thrown });
    }
    throw thrown;
  }
}
