/**
 * Checkpoints in a folder: `000007-step-1200.safetensors` and its manifest `000007-step-1200.json`. The manifest is written last and removed
 * first: without it a checkpoint is not there. No file is ever written over.
 */
import { join } from 'node:path';
import {
  decodeTrainingState,
  encodeTrainingState,
  mostManifestBytes,
  readStateManifest,
  type StateManifest,
  type StateNotes,
} from '../train/state-file.ts';
import type { TrainingState } from '../train/training-state.ts';
import { type FileSystem, incoming, nodeFiles, syncFolder, writeAtomically } from './files.ts';

export interface CheckpointFolderOptions {
  /** How many of the newest are kept, ≥ 1. Default 3. */
  readonly keep?: number;
  /** What makes the best one, which is kept too; `none` keeps none. Default 'testLoss'. */
  readonly best?: 'testLoss' | 'testAccuracy' | 'none';
  /** Default: the disk. */
  readonly files?: FileSystem;
}

/** A checkpoint that is there. */
export interface Checkpoint {
  /** Of its files, without their ends. */
  readonly name: string;
  /** Grows with every checkpoint of the folder. */
  readonly sequence: number;
  /** Steps taken in the run. */
  readonly step: number;
  /** Of its own weights, where they were evaluated. */
  readonly test?: { readonly loss: number; readonly accuracy: number } | undefined;
}

export interface LoadedCheckpoint extends Checkpoint {
  readonly state: TrainingState;
  readonly manifest: StateManifest;
  /** Newer ones that cannot be used. */
  readonly skipped: readonly DamagedCheckpoint[];
}

/** A checkpoint that cannot be used, and why. Its files are left alone. */
export interface DamagedCheckpoint {
  readonly name: string;
  readonly sequence: number;
  readonly reason: string;
}

const pattern = /^(\d{6,})-step-(\d+)\.(json|safetensors)$/;

export class CheckpointFolder {
  readonly path: string;
  readonly #files: FileSystem;
  readonly #keep: number;
  readonly #best: 'testLoss' | 'testAccuracy' | 'none';
  /** By ascending sequence. */
  #entries: Checkpoint[] = [];
  #damaged: DamagedCheckpoint[] = [];
  #sequence = 0;

  private constructor(path: string, options: CheckpointFolderOptions) {
    const { keep = 3, best = 'testLoss', files = nodeFiles } = options;
    if (!Number.isSafeInteger(keep) || keep < 1)
      throw new RangeError(`checkpoints: keep must be an integer ≥ 1, got ${keep}`);
    this.path = path;
    this.#keep = keep;
    this.#best = best;
    this.#files = files;
  }

  /** Reads what is there and changes nothing; the folder need not exist. @throws RangeError for a `keep` below 1. */
  static async open(path: string, options: CheckpointFolderOptions = {}): Promise<CheckpointFolder> {
    const folder = new CheckpointFolder(path, options);
    await folder.#list();
    return folder;
  }

  /** What is there, oldest first. */
  get checkpoints(): readonly Checkpoint[] {
    return this.#entries;
  }

  /** Those that cannot be used, as far as `open` and `load` have looked. */
  get damaged(): readonly DamagedCheckpoint[] {
    return this.#damaged;
  }

  /** The one whose weights did best in their test. */
  get best(): Checkpoint | undefined {
    const measured = this.#entries.filter((entry) => Number.isFinite(this.#measure(entry)));
    return measured.reduce<Checkpoint | undefined>(
      (best, entry) => (best && this.#measure(best) <= this.#measure(entry) ? best : entry),
      undefined,
    );
  }

  /** Whether a checkpoint with this test would be the best. */
  isBest(test: { readonly loss: number; readonly accuracy: number }): boolean {
    const { best } = this;
    const measure = this.#measure({ test });
    return Number.isFinite(measure) && (!best || measure < this.#measure(best));
  }

  /** Smaller is better; NaN without one. */
  #measure({ test }: Pick<Checkpoint, 'test'>): number {
    if (!test || this.#best === 'none') return Number.NaN;
    return this.#best === 'testLoss' ? test.loss : -test.accuracy;
  }

  /** The newest checkpoint whose files are whole (64 MiB of manifest, and tensors as many as it states, are the most that is read); those that are not stand in `damaged`. Undefined: there is none. */
  async load(): Promise<LoadedCheckpoint | undefined> {
    for (const entry of this.#entries.toReversed()) {
      try {
        const read = await this.#read(entry.name);
        return { ...entry, ...read, skipped: this.#damaged.filter(({ sequence }) => sequence > entry.sequence) };
      } catch (thrown) {
        this.#setAside(entry, thrown);
      }
    }
    return undefined;
  }

  /**
   * Writes a checkpoint, then removes those that are no longer kept. Rejects with the file system's error if it cannot be written; the others
   * are then as they were. One at a time: see `CheckpointWriter`.
   */
  async save(state: TrainingState, notes: StateNotes = {}): Promise<Checkpoint> {
    const { manifest, tensors } = await encodeTrainingState(state, notes);
    const sequence = this.#sequence + 1;
    const step = state.optimizer.steps;
    const name = `${String(sequence).padStart(6, '0')}-step-${step}`;
    await this.#files.makeFolder(this.path);
    try {
      await writeAtomically(this.#files, join(this.path, `${name}.safetensors`), tensors);
      await writeAtomically(this.#files, join(this.path, `${name}.json`), new TextEncoder().encode(manifest));
    } catch (thrown) {
      await this.#remove(name).catch(() => {});
      throw thrown;
    } finally {
      // A number is never used again: the next one must not take over a file of this one.
      this.#sequence = sequence;
    }
    const entry = { name, sequence, step, test: testOf(state) };
    this.#entries = [...this.#entries, entry];
    await this.#removeOld();
    return entry;
  }

  /** Removes what a process that was killed has left half written. Only for the one process that writes here. */
  async removeLeftovers(): Promise<void> {
    const names = await this.#files.list(this.path);
    const manifests = new Set(names.filter((name) => name.endsWith('.json')));
    for (const name of names) {
      const [, , , end] = pattern.exec(name) ?? [];
      const orphan = end === 'safetensors' && !manifests.has(name.replace(/safetensors$/, 'json'));
      if (orphan || name.endsWith(incoming)) await this.#files.remove(join(this.path, name));
    }
  }

  async #list(): Promise<void> {
    for (const file of (await this.#files.list(this.path)).sort()) {
      const [, sequence, step, end] = pattern.exec(file) ?? [];
      if (sequence === undefined) continue;
      this.#sequence = Math.max(this.#sequence, Number(sequence));
      if (end !== 'json') continue;
      const name = file.slice(0, -'.json'.length);
      try {
        const { state } = await this.#readManifest(name);
        this.#entries.push({ name, sequence: Number(sequence), step: Number(step), test: testOf(state) });
      } catch (thrown) {
        this.#setAside({ name, sequence: Number(sequence) }, thrown);
      }
    }
    this.#entries.sort((a, b) => a.sequence - b.sequence);
  }

  async #readManifest(name: string): Promise<StateManifest> {
    const where = join(this.path, `${name}.json`);
    return readStateManifest(new TextDecoder().decode(await this.#files.read(where, mostManifestBytes)), where);
  }

  async #read(name: string): Promise<{ state: TrainingState; manifest: StateManifest }> {
    const where = join(this.path, name);
    const manifest = new TextDecoder().decode(await this.#files.read(`${where}.json`, mostManifestBytes));
    const { tensors } = await readStateManifest(manifest, where);
    return decodeTrainingState(
      { manifest, tensors: await this.#files.read(`${where}.safetensors`, tensors.bytes) },
      where,
    );
  }

  /** Out of the list: it counts neither as one of the newest nor as the best. */
  #setAside({ name, sequence }: Pick<Checkpoint, 'name' | 'sequence'>, thrown: unknown): void {
    this.#entries = this.#entries.filter((entry) => entry.name !== name);
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    this.#damaged = [...this.#damaged, { name, sequence, reason }];
  }

  async #removeOld(): Promise<void> {
    const { best } = this;
    const kept = this.#entries.filter((entry, i) => entry === best || i >= this.#entries.length - this.#keep);
    const gone = this.#entries.filter((entry) => !kept.includes(entry));
    this.#entries = kept;
    // What cannot be removed now is in nobody's way; the next process lists it again.
    for (const { name } of gone) await this.#remove(name).catch(() => {});
  }

  async #remove(name: string): Promise<void> {
    await this.#files.remove(join(this.path, `${name}.json`));
    await syncFolder(this.#files, this.path);
    await this.#files.remove(join(this.path, `${name}.safetensors`));
  }
}

/** The test of these very weights. */
function testOf({ progress, optimizer }: Pick<TrainingState, 'progress' | 'optimizer'>): Checkpoint['test'] {
  const { evaluation } = progress;
  if (evaluation?.step !== optimizer.steps) return undefined;
  const { loss, accuracy } = evaluation.result;
  return { loss, accuracy };
}
