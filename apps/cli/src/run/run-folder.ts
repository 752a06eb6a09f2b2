/**
 * The folder of a run. It is made and tried before training starts; metrics are appended as they come, every other file appears whole
 * (written beside its place, then renamed); a run that leaves nothing takes away what it made. One process at a time works in it.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseJson } from '@lockstep/core/json';
import { CommandError, codeOf, messageOf } from '../errors.ts';
import { readStart } from './read-text.ts';
import { lockRun, type RunLock } from './run-lock.ts';
import { saveFile, writeAll } from './save-file.ts';

export const runFiles = {
  record: 'run.json',
  metrics: 'metrics.jsonl',
  model: 'model.safetensors',
  profile: 'profile.json',
} as const;

/** The folder of the checkpoints in that of a run. */
export const checkpointsFolder = 'checkpoints';

/** Metrics lie in memory at most this long. */
const flushMs = 500;

export class RunFolder {
  readonly path: string;
  /** Folders that did not exist before, outermost first. */
  readonly #made: readonly string[];
  readonly #metrics: number;
  readonly #lock: RunLock;
  #lines: string[] = [];
  #flushedMs = performance.now();

  private constructor(path: string, parts: { made: readonly string[]; metrics: number; lock: RunLock }) {
    this.path = path;
    this.#made = parts.made;
    this.#metrics = parts.metrics;
    this.#lock = parts.lock;
  }

  /** Makes the folder, or takes an existing one that holds no run. A CommandError if it cannot be written. */
  static open(folder: string): RunFolder {
    const path = resolve(folder);
    const holds = Object.values(runFiles).find((file) => existsSync(join(path, file)));
    if (holds) {
      throw outError(folder, { got: `one that holds a run (${holds})`, hint: 'Choose another folder or remove it.' });
    }
    const made = absentFolders(path);
    let metrics: number | undefined;
    try {
      // One by one: Node's recursive mkdir never returns where a folder cannot be made at all, as in /proc.
      for (const absent of made) mkdirSync(absent);
      metrics = openSync(join(path, runFiles.metrics), 'ax');
      return new RunFolder(path, { made, metrics, lock: lockRun(path) });
    } catch (cause) {
      if (metrics !== undefined) {
        closeSync(metrics);
        rmSync(join(path, runFiles.metrics));
      }
      removeEmpty(made);
      throw outError(folder, {
        got: reasonOf(cause),
        hint: 'Choose another folder or correct its permissions.',
        cause,
      });
    }
  }

  /** Takes the folder of a run to go on in it. A CommandError if another process works in it, or if it cannot be written. */
  static reopen(folder: string): RunFolder {
    const path = resolve(folder);
    const tried = <T>(run: () => T): T => {
      try {
        return run();
      } catch (cause) {
        if (cause instanceof CommandError) throw cause;
        const hint = 'Correct its permissions or make room.';
        const expected = 'a folder that can be written';
        throw new CommandError({ where: `--resume ${folder}`, expected, got: reasonOf(cause), hint, cause });
      }
    };
    const lock = tried(() => lockRun(path));
    try {
      return new RunFolder(path, { made: [], metrics: tried(() => openSync(join(path, runFiles.metrics), 'a')), lock });
    } catch (thrown) {
      lock.release();
      throw thrown;
    }
  }

  /** `runs/<time>-<name>`, numbered if two runs start in one second. */
  static openNew(name: string, startedAt: Date): RunFolder {
    const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '-');
    const base = join('runs', `${time}-${name}`);
    let folder = base;
    for (let i = 2; existsSync(folder); i++) folder = `${base}-${i}`;
    return RunFolder.open(folder);
  }

  /** Appends one line of JSON; it reaches the disk within half a second, or at once with `flush`. */
  addMetrics(values: object, options: { flush?: boolean } = {}): void {
    this.#lines.push(`${JSON.stringify(values)}\n`);
    if (options.flush || performance.now() - this.#flushedMs > flushMs) this.#flush();
  }

  /** Bytes of metrics that are written; all lines so far are among them. */
  metricsBytes(): number {
    this.#flush();
    return fstatSync(this.#metrics).size;
  }

  /** Brings the metrics that are written to the disk. */
  async syncMetrics(): Promise<void> {
    await promisify(fsync)(this.#metrics);
  }

  /** Cuts the metrics off after so many bytes, at the end of a line; returns how many there are now: less if less was there. */
  cutMetrics(bytes: number): number {
    const whole = readStart(join(this.path, runFiles.metrics), bytes).lastIndexOf(10) + 1;
    ftruncateSync(this.#metrics, whole);
    return whole;
  }

  /** Takes away the lines of steps after so many. */
  cutMetricsAfter(step: number): void {
    const lines = new TextDecoder()
      .decode(readStart(join(this.path, runFiles.metrics), this.metricsBytes()))
      .split(/(?<=\n)/);
    const later = lines.findIndex((line) => Number((parseJson(line) as { step?: number }).step) > step);
    if (later >= 0) this.cutMetrics(Buffer.byteLength(lines.slice(0, later).join('')));
  }

  /** Takes over metrics of another run, as its first lines. */
  startMetrics(lines: Uint8Array): void {
    writeAll(this.#metrics, lines);
  }

  /** Writes a file that is either whole or not there. */
  save(file: string, content: Uint8Array | string): void {
    const target = join(this.path, file);
    try {
      saveFile(target, content);
    } catch (cause) {
      throw outError(target, { got: reasonOf(cause), hint: 'Make room or choose another folder.', cause });
    }
  }

  /** Ends the metrics file and lets other processes in. */
  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#metrics);
      this.#lock.release();
    }
  }

  /** Takes away the metrics and the record, and the folders that this run made, as far as they are empty. */
  discard(): void {
    closeSync(this.#metrics);
    for (const file of [runFiles.metrics, runFiles.record]) rmSync(join(this.path, file), { force: true });
    this.#lock.release();
    removeEmpty(this.#made);
  }

  #flush(): void {
    const { size } = fstatSync(this.#metrics);
    try {
      writeAll(this.#metrics, new TextEncoder().encode(this.#lines.join('')));
    } catch (cause) {
      // The lines are written again if there is room later: no half of one may stand before them.
      ftruncateSync(this.#metrics, size);
      const where = join(this.path, runFiles.metrics);
      throw outError(where, { got: reasonOf(cause), hint: 'Make room or choose another folder.', cause });
    }
    this.#lines = [];
    this.#flushedMs = performance.now();
  }
}

/** The folders on the way to `path` that are not there yet, outermost first. */
function absentFolders(path: string): string[] {
  const absent: string[] = [];
  for (let folder = path; !existsSync(folder) && dirname(folder) !== folder; folder = dirname(folder)) {
    absent.unshift(folder);
  }
  return absent;
}

function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch (thrown) {
      // Not empty: someone else's files stay, and so does what holds them.
      if (codeOf(thrown) !== 'ENOENT') return;
    }
  }
}

function outError(where: string, at: { got: string; hint: string; cause?: unknown }): CommandError {
  const { got, hint, cause } = at;
  return new CommandError({ where: `--out ${where}`, expected: 'a folder that can be written', got, hint, cause });
}

function reasonOf(thrown: unknown): string {
  const reasons: Readonly<Record<string, string>> = {
    EEXIST: 'a file in the way',
    ENOTDIR: 'a file in the way',
    ENOENT: 'a place where no folder can be made',
    EACCES: 'no right to write there',
    EPERM: 'no right to write there',
    EROFS: 'a read-only file system',
    ENOSPC: 'no space left on the disk',
    EDQUOT: 'no space left in the quota',
  };
  return reasons[codeOf(thrown)] ?? messageOf(thrown);
}
