/** The folder of a run and the state that it begins with: new, the run's own, or a branch of one. */
import type { TrainingState } from '@lockstep/scheduler';
import type { CheckpointFolder, LoadedCheckpoint } from '@lockstep/scheduler/node';
import { CommandError, UsageError } from '../errors.ts';
import { lastCheckpoint, metricsBytesOf, metricsOf, type PriorRun } from './resume.ts';
import { type CheckpointSettings, openCheckpoints } from './run-checkpoints.ts';
import { RunFolder } from './run-folder.ts';

export interface OpenedRun {
  readonly folder: RunFolder;
  readonly store: CheckpointFolder;
  /** The state to go on from. */
  readonly resume?: { readonly state: TrainingState; readonly name: string } | undefined;
  /** Of a branch. */
  readonly branchOf?: { readonly run: string; readonly step: number };
}

export async function openNewRun(
  at: { out?: string | undefined; name: string; startedAt: Date },
  settings: CheckpointSettings,
): Promise<OpenedRun> {
  const { out, name, startedAt } = at;
  const folder = out === undefined ? RunFolder.openNew(name, startedAt) : RunFolder.open(out);
  return { folder, store: await openCheckpoints(folder.path, settings) };
}

/** Goes on in the run's own folder; what its metrics have after the checkpoint is cut off. */
export async function openPriorRun(
  prior: PriorRun,
  options: { settings: CheckpointSettings; warn: (line: string) => void; epochs: number },
): Promise<OpenedRun> {
  const { settings, warn, epochs } = options;
  // First the lock: nobody else may write there now.
  const folder = RunFolder.reopen(prior.path);
  try {
    const store = await openCheckpoints(folder.path, settings);
    await store.removeLeftovers();
    const checkpoint = await lastCheckpoint(prior, store, warn);
    if (checkpoint) checkEpochs(checkpoint, epochs);
    const bytes = checkpoint ? metricsBytesOf(checkpoint) : 0;
    const there = folder.cutMetrics(bytes);
    if (there < bytes) warn(`warning: ${bytes - there} bytes of metrics before the checkpoint are missing`);
    return { folder, store, resume: checkpoint };
  } catch (thrown) {
    folder.close();
    throw thrown;
  }
}

/** A new folder that begins with the run's metrics up to its last checkpoint. `adapt` makes the state fit the options of the branch. */
export async function openBranch(
  prior: PriorRun,
  at: { out?: string | undefined; name: string; startedAt: Date },
  options: {
    settings: CheckpointSettings;
    warn: (line: string) => void;
    adapt: (state: TrainingState) => TrainingState;
  },
): Promise<OpenedRun> {
  const { settings, warn, adapt } = options;
  const checkpoint = await lastCheckpoint(prior, await openCheckpoints(prior.path, settings), warn);
  if (!checkpoint) {
    const hint = 'Start a new run.';
    throw new CommandError({ where: `--resume ${prior.path}`, expected: 'a checkpoint', got: 'none yet', hint });
  }
  const state = adapt(checkpoint.state);
  const metrics = metricsOf(prior, metricsBytesOf(checkpoint));
  const opened = await openNewRun(at, settings);
  opened.folder.startMetrics(metrics);
  return { ...opened, resume: { state, name: checkpoint.name }, branchOf: { run: prior.path, step: checkpoint.step } };
}

function checkEpochs({ state: { progress } }: LoadedCheckpoint, epochs: number): void {
  if (epochs >= progress.epochs) return;
  const hint = 'Leave it out, or give more.';
  const expected = `at least the ${progress.epochs} that the run has done`;
  throw new UsageError({ where: '--epochs', expected, got: String(epochs), hint });
}

/** Where a run of so many epochs goes on, in words. */
export function placeOf({ state, name }: Pick<LoadedCheckpoint, 'state' | 'name'>, epochs: number): string {
  const { optimizer, progress, order } = state;
  const { epoch, stepsDone } = progress;
  const steps = Math.ceil(order.samples / order.batchSize);
  const next =
    stepsDone < steps ? `with step ${stepsDone + 1} of ${steps} in epoch ${epoch}` : `at the end of epoch ${epoch}`;
  const place = epoch > epochs ? 'with nothing left to train' : next;
  return `going on after step ${optimizer.steps}, ${place} (checkpoint ${name})`;
}
