/** Writes checkpoints one after the other while training goes on. */
import type { StateNotes } from '../train/state-file.ts';
import type { TrainingState } from '../train/training-state.ts';
import type { Checkpoint, CheckpointFolder } from './checkpoint-folder.ts';

export interface CheckpointWriterOptions {
  readonly folder: CheckpointFolder;
  /** Is awaited before each write: for files that the checkpoint counts on, such as metrics. */
  readonly before?: () => Promise<void>;
  readonly onSaved?: (checkpoint: Checkpoint) => void;
  /** A checkpoint could not be written. The older ones are whole, and training goes on. */
  readonly onError?: (error: unknown, step: number) => void;
}

interface Waiting {
  readonly state: TrainingState;
  readonly notes: StateNotes;
  readonly best: boolean;
}

export class CheckpointWriter {
  readonly #options: CheckpointWriterOptions;
  #waiting: Waiting[] = [];
  #work: Promise<void> | undefined;

  constructor(options: CheckpointWriterOptions) {
    this.#options = options;
  }

  /**
   * Takes a state to be written and returns at once. While the disk is slower than states come, only the newest waits, and with it the
   * newest that would be the best: memory holds three states at most.
   */
  submit(state: TrainingState, notes: StateNotes = {}): void {
    const { evaluation } = state.progress;
    const best = evaluation?.step === state.optimizer.steps && this.#options.folder.isBest(evaluation.result);
    this.#waiting = [...this.#waiting.filter((other) => other.best && !best), { state, notes, best }];
    this.#work ??= this.#writeAll();
  }

  /** Comes back when everything that was taken is written, or has failed. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #writeAll(): Promise<void> {
    const { folder, before, onSaved, onError } = this.#options;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        await before?.();
        const saved = await folder.save(next.state, next.notes);
        onSaved?.(saved);
      } catch (thrown) {
        onError?.(thrown, next.state.optimizer.steps);
      }
    }
    this.#work = undefined;
  }
}
