/** Where a rule does not hold, and why no bit of a result depends on it. */
import type { Rule } from './source-rules.ts';

export interface Exception {
  readonly file: string;
  readonly rule: Rule;
  readonly reason: string;
}

const speed = 'measures how long something took: what it says is reported and never computed with';

export const exceptions: readonly Exception[] = [
  {
    file: 'packages/core/src/memory/arena.ts',
    rule: 'collection',
    reason: 'gives memory of forgotten tensors back: values move to other addresses, and no bit depends on an address',
  },
  {
    file: 'packages/data/src/node/cache.ts',
    rule: 'clock',
    reason: 'finds what an interrupted download left behind',
  },
  {
    file: 'packages/data/src/node/datasets/folder.ts',
    rule: 'sort',
    reason: 'file names, which are strings: they are ordered by code units in every engine',
  },
  { file: 'packages/scheduler/src/profile/profiler.ts', rule: 'clock', reason: speed },
  { file: 'packages/scheduler/src/train/run.ts', rule: 'clock', reason: speed },
  { file: 'packages/scheduler/src/worker/recorder.ts', rule: 'clock', reason: speed },
];
