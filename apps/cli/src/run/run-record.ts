/** run.json: what a run was told, on what it ran and how it ended; `evaluate` and `inspect` build the model again from it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Augmentation, DropoutSchedule, LrSchedule } from '@lockstep/core';
import { parseJson } from '@lockstep/core/json';
import type { MetricName, MetricValues, OnNonFinite } from '@lockstep/scheduler';
import { CommandError, messageOf } from '../errors.ts';
import type { OptimizerName } from './optimizer-names.ts';
import { readText } from './read-text.ts';
import { recordProblem } from './record-shape.ts';
import { runFiles } from './run-folder.ts';

const format = 1;
const mostRecordBytes = 2 ** 24;

/** Every option of a run, resolved. */
export interface RunConfig {
  /** A built-in name or the absolute path of a model file. */
  readonly model: string;
  /** A known name or the absolute path of a folder or of a .csv file. */
  readonly data: string;
  /** The column of classes, of a table. */
  readonly label?: string;
  readonly epochs: number;
  readonly batchSize: number;
  /** Micro-batches of a batch; absent: 1. */
  readonly accumulate?: number;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  /** Of SGD and RMSprop. */
  readonly momentum?: number;
  readonly weightDecay: number;
  /** Absent: lr is the rate of every step. */
  readonly lrSchedule?: LrSchedule;
  /** The 2-norm of all gradients that a step may have; absent: any. */
  readonly clipNorm?: number;
  /** Absent: stop. */
  readonly onNonFinite?: OnNonFinite;
  /** Absent: the model's own. */
  readonly dropout?: number;
  /** Absent: p is the same at every step. */
  readonly dropoutSchedule?: DropoutSchedule;
  /** Of a unit's incoming weights; absent: any. */
  readonly maxNorm?: number;
  /** What training images go through, in order; absent: nothing. */
  readonly augment?: readonly Augmentation[];
  /** Computed at each evaluation besides loss and accuracy. */
  readonly metrics?: readonly MetricName[];
  readonly seed: number;
  readonly workers: number;
  readonly shards: number;
  readonly limit?: number;
  readonly evalLimit?: number;
}

/** The object that `--json` prints. */
export interface RunResult {
  readonly weightsHash: string;
  readonly steps: number;
  readonly epochs: number;
  readonly trainLoss: number | null;
  readonly testLoss: number | null;
  readonly testAccuracy: number | null;
  /** Of the last evaluation, with --metrics; a number that is not defined is null. */
  readonly metrics?: MetricValues;
  readonly imagesPerSecond: number | null;
  readonly workers: number;
  readonly shards: number;
  readonly seed: number;
  readonly kernels: string;
}

/** What the loss of workers has cost a run. */
export interface RunLosses {
  readonly workers: number;
  /** Steps that were done again. */
  readonly replayedSteps: number;
  readonly seconds: number;
}

export interface RunRecord {
  /** `running` also after the process was killed. */
  readonly status: 'running' | 'completed' | 'interrupted' | 'failed';
  readonly error?: string;
  readonly startedAt: string;
  /** Absent while it runs. */
  readonly finishedAt?: string;
  /** The run that this one began as, and after which step it went its own way. */
  readonly branchOf?: { readonly run: string; readonly step: number };
  readonly config: RunConfig;
  readonly dataset: {
    readonly shape: readonly number[];
    readonly classes: readonly string[];
    readonly trainCount: number;
    readonly testCount: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  /** Workers that failed, ended or hung in this process; absent: none. */
  readonly losses?: RunLosses;
  readonly result?: RunResult;
}

export function encodeRecord(record: RunRecord): string {
  return `${JSON.stringify({ format, ...record }, null, 2)}\n`;
}

/** Whether the text names a run folder and not a model. */
export function isRunFolder(path: string): boolean {
  return existsSync(join(path, runFiles.record));
}

/** A file of at most 16 MiB, of which every value is looked at. A CommandError names what is missing or damaged. */
export function readRecord(folder: string): RunRecord {
  const where = join(folder, runFiles.record);
  try {
    const record = parseJson(readText(where, mostRecordBytes)) as RunRecord & { format: number };
    if (record?.format !== format) throw new Error(`format ${JSON.stringify(record?.format)?.slice(0, 80)}`);
    const problem = recordProblem(record);
    if (problem) throw new Error(problem);
    return record;
  } catch (cause) {
    const hint = 'Give the folder that lockstep train wrote.';
    throw new CommandError({ where, expected: 'the record of a run', got: messageOf(cause), hint, cause });
  }
}
