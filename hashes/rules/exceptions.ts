/** Where a rule does not hold, and why no bit of a result depends on it. */
import type { Rule } from './source-rules.ts';

export interface Exception {
  readonly file: string;
  readonly rule: Rule;
  readonly reason: string;
}

const speed = 'measures how long something took: what it says is reported and never computed with';

const strings = 'they are strings: ordered by code units in every engine';

export const exceptions: readonly Exception[] = [
  {
    file: 'packages/core/src/memory/arena.ts',
    rule: 'collection',
    reason: 'gives memory of forgotten tensors back: values move to other addresses, and no bit depends on an address',
  },
  { file: 'packages/core/src/ops/equation.ts', rule: 'sort', reason: `the letters of an equation: ${strings}` },
  {
    file: 'packages/core/src/tensor/order-methods.ts',
    rule: 'sort',
    reason: 'the method of tensors, which a kernel computes',
  },
  { file: 'packages/data/src/csv-table.ts', rule: 'sort', reason: `the names of classes: ${strings}` },
  { file: 'packages/data/src/image-files.ts', rule: 'sort', reason: `the names of classes: ${strings}` },
  { file: 'packages/data/src/node/image-folder.ts', rule: 'sort', reason: `the names of files: ${strings}` },
  {
    file: 'packages/data/src/node/cache.ts',
    rule: 'clock',
    reason: 'finds what an interrupted download left behind',
  },
  { file: 'packages/data/src/node/datasets/folder.ts', rule: 'sort', reason: `the names of files: ${strings}` },
  {
    file: 'packages/scheduler/src/checkpoint/checkpoint-folder.ts',
    rule: 'sort',
    reason: `the names of files: ${strings}`,
  },
  { file: 'packages/scheduler/src/pool/browser.ts', rule: 'random', reason: 'the name of a lock' },
  { file: 'packages/scheduler/src/profile/profiler.ts', rule: 'clock', reason: speed },
  {
    file: 'packages/scheduler/src/train/memory-copy.ts',
    rule: 'clock',
    reason: 'decides when a copy is taken, which changes no bit',
  },
  { file: 'packages/scheduler/src/train/recovery.ts', rule: 'clock', reason: speed },
  { file: 'packages/scheduler/src/train/run.ts', rule: 'clock', reason: speed },
  {
    file: 'packages/scheduler/src/train/snapshots.ts',
    rule: 'clock',
    reason: 'says when the next copy of the state is due: where a run is copied changes no bit of it',
  },
  { file: 'packages/scheduler/src/worker/recorder.ts', rule: 'clock', reason: speed },
];
