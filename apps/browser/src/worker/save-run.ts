/** Writes checkpoints while training goes on: the newest one only, where they come faster than the disk takes them. */
import { encodeTrainingState, type TrainingState } from '@lockstep/scheduler';
import type { RunUpdate } from '../run/messages.ts';
import {
  forgetSavedRun,
  mainFile,
  type SavedRun,
  type SlotContent,
  saveFolder,
  saveLock,
  slotFormat,
  slots,
  tensorFile,
} from '../run/saved-run.ts';

type Send = (update: RunUpdate) => void;

interface ToSave extends SavedRun {
  readonly states: readonly TrainingState[];
}

const longestWaitMs = 10_000;

export class RunSaver {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #send: Send;
  /** Held: a request of a handle that was collected meanwhile may never be answered. */
  readonly #files = new Map<string, FileSystemFileHandle>();
  #number: number;
  #next: ToSave | undefined;
  #writing: Promise<void> | undefined;

  private constructor(folder: FileSystemDirectoryHandle, number: number, send: Send) {
    this.#folder = folder;
    this.#number = number;
    this.#send = send;
  }

  /** Undefined where there is no such file system, or another tab writes. `number`: of the slot that the run goes on from, 0 for a new one. */
  static async open(number: number, send: Send): Promise<RunSaver | undefined> {
    try {
      const folder = await saveFolder();
      if (!(await holdLock())) return undefined;
      // Another run's checkpoints would be taken for this one's.
      if (number === 0) await forgetSavedRun();
      return new RunSaver(folder, number, send);
    } catch {
      return undefined;
    }
  }

  /** Returns at once. */
  save(run: ToSave): void {
    this.#next = run;
    this.#writing ??= this.#writeAll();
  }

  /** All that was given is on the disk, or was told to be not, or the disk does not answer. */
  async finish(): Promise<void> {
    // A disk that never answers must not keep the result of the run.
    await Promise.race([this.#writing, new Promise((done) => setTimeout(done, longestWaitMs))]);
  }

  /** There is nothing left to go on with. */
  async forget(): Promise<void> {
    this.#next = undefined;
    await this.finish();
    await forgetSavedRun();
  }

  async #writeAll(): Promise<void> {
    try {
      for (let run = this.#next; run; run = this.#next) {
        this.#next = undefined;
        await this.#write(run);
        this.#send({ type: 'saved', step: run.step });
      }
    } catch (error) {
      // A full disk is no reason to lose the run itself.
      this.#send({ type: 'notSaved', reason: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#writing = undefined;
    }
  }

  async #write({ states, ...run }: ToSave): Promise<void> {
    const number = ++this.#number;
    const slot = slots[number % slots.length]!;
    const files = await Promise.all(states.map((state) => encodeTrainingState(state)));
    for (const [i, { tensors }] of files.entries()) await this.#put(tensorFile(slot, i), tensors);
    const content: SlotContent = {
      ...run,
      format: slotFormat,
      number,
      manifests: files.map(({ manifest }) => manifest),
    };
    await this.#put(mainFile(slot), new TextEncoder().encode(JSON.stringify(content)));
  }

  async #put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const file = this.#files.get(name) ?? (await this.#folder.getFileHandle(name, { create: true }));
    this.#files.set(name, file);
    const access = await file.createSyncAccessHandle();
    try {
      access.truncate(0);
      access.write(bytes, { at: 0 });
      access.flush();
    } finally {
      access.close();
    }
  }
}

/** Holds it until this worker ends. */
function holdLock(): Promise<boolean> {
  return new Promise((done, failed) => {
    navigator.locks
      .request(saveLock, { ifAvailable: true }, (lock) => {
        done(lock !== null);
        return lock === null ? undefined : new Promise<never>(() => {});
      })
      .catch(failed);
  });
}
