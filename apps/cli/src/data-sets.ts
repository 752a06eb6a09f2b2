/** From the data argument to data sets in the shared memory. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { defaultArena } from '@lockstep/core';
import { DataError, type Dataset, type Split } from '@lockstep/data';
import { listDatasets, loadDataset } from '@lockstep/data/node';
import { arenaAllocator } from '@lockstep/scheduler';
import { UsageError } from './errors.ts';

/** A known name as it is, the path of a folder made absolute, so that run.json can be used from anywhere. */
export function resolveData(text: string): string {
  const known = listDatasets().some(({ facts }) => facts.name === text);
  const isPath = /[\\/]|^\.+$/.test(text) || (existsSync(text) && statSync(text).isDirectory());
  return !known && isPath ? resolve(text) : text;
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
