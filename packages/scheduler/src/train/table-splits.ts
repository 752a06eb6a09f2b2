/** The two splits of a table that has none of its own. */
import { defaultArena, permutation } from '@lockstep/core';
import { type FeatureTable, type SplitOptions, type StandardizedSplits, standardizedSplits } from '@lockstep/data';
import { arenaAllocator } from './shared-data.ts';

/** A fifth of a table's rows, the same ones whatever the run's seed, so that runs can be compared and evaluated again. */
const tested = { share: 0.2, seed: 0 };

/** A fifth of the rows to test on, the others to train on, standardised by those that are trained on. @throws DataError for a split without rows. */
export function tableSplits(table: FeatureTable, limit: SplitOptions['limit'] = {}): StandardizedSplits {
  const place = permutation(tested.seed, 0, table.rows);
  const rows = new Set(Array.from({ length: Math.round(tested.share * table.rows) }, (_, i) => place(i)));
  return standardizedSplits(table, {
    isTest: (row) => rows.has(row),
    limit,
    allocate: arenaAllocator(defaultArena()),
  });
}
