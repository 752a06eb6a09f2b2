/** The checkpoints of a run of the command: which of the run's snapshots are written, with the place in the metrics that belongs to them. */
import { join } from 'node:path';
import type { SnapshotInterval, SnapshotOptions, SnapshotReason, TrainingState } from '@lockstep/scheduler';
import { type Checkpoint, CheckpointFolder, CheckpointWriter } from '@lockstep/scheduler/node';
import { messageOf } from '../errors.ts';
import { versions } from '../versions.ts';
import { checkpointsFolder, type RunFolder } from './run-folder.ts';
import type { RunConfig } from './run-record.ts';

export interface CheckpointSettings {
  /** Empty: no checkpoints are written. */
  readonly every: SnapshotInterval;
  readonly keep: number;
  readonly best: 'testLoss' | 'testAccuracy' | 'none';
}

export function openCheckpoints(run: string, { keep, best }: CheckpointSettings): Promise<CheckpointFolder> {
  return CheckpointFolder.open(join(run, checkpointsFolder), { keep, best });
}

export class RunCheckpoints {
  readonly #parts: {
    readonly folder: RunFolder;
    readonly store: CheckpointFolder;
    readonly settings: CheckpointSettings;
    readonly config: RunConfig;
    readonly warn: (text: string) => void;
  };
  readonly #writer: CheckpointWriter;
  #last: Checkpoint | undefined;

  constructor(parts: {
    folder: RunFolder;
    store: CheckpointFolder;
    settings: CheckpointSettings;
    config: RunConfig;
    warn: (text: string) => void;
  }) {
    const { folder, store, warn } = parts;
    this.#parts = parts;
    this.#last = store.checkpoints.at(-1);
    this.#writer = new CheckpointWriter({
      folder: store,
      before: () => folder.syncMetrics(),
      onSaved: (checkpoint) => {
        this.#last = checkpoint;
      },
      onError: (error, step) => {
        const last = this.#last ? `the last one is that of step ${this.#last.step}` : 'there is none yet';
        warn(`warning: the checkpoint of step ${step} could not be written: ${messageOf(error)}; ${last}`);
      },
    });
  }

  /** The newest one that is written. */
  get last(): Checkpoint | undefined {
    return this.#last;
  }

  /** For `train`; nothing where no checkpoints are wanted. */
  get options(): SnapshotOptions {
    const { every } = this.#parts.settings;
    if (Object.keys(every).length === 0) return {};
    return {
      // Every epoch is looked at: it may be the best, or the last.
      snapshotEvery: { ...every, epochs: 1 },
      onSnapshot: (state, reason) => this.#take(state, reason),
    };
  }

  #take(state: TrainingState, reason: SnapshotReason): void {
    if (state.optimizer.steps === 0 || (reason === 'epoch' && !this.#wantsEpoch(state))) return;
    const { folder, config } = this.#parts;
    this.#writer.submit(state, { config, versions, notes: { metricsBytes: folder.metricsBytes() } });
  }

  #wantsEpoch({ progress }: TrainingState): boolean {
    const { settings, config, store } = this.#parts;
    const { epochs, evaluation } = progress;
    const due = settings.every.epochs !== undefined && epochs % settings.every.epochs === 0;
    return due || epochs >= config.epochs || (evaluation !== undefined && store.isBest(evaluation.result));
  }

  /** Comes back when all are written or have failed. */
  async finish(): Promise<void> {
    await this.#writer.idle();
  }
}
