/** Fuzzes one reader in a worker thread, which is watched from outside: an input that does not end is found, too. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface FuzzOptions {
  readonly reader: string;
  readonly inputs: number;
  readonly seed: number;
  readonly mostMs?: number;
  /** Where `readers` comes from. Default: `readers/index.ts`. */
  readonly module?: string;
}

/** Milliseconds that an input may take; one that takes six times as long is stopped. */
export const defaultMostMs = 5000;

export interface FuzzReport {
  readonly reader: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly largestBytes: number;
  /** What went wrong, with the file of the smallest input that shows it. */
  readonly finding?: string;
}

/** What the thread tells while it works: when the present input began (ms since 1970), and the input. */
export const watchBytes = { started: 8, length: 8, input: 2 ** 22 } as const;

/** What the thread is given. */
export interface FuzzWork extends FuzzOptions {
  readonly folder: string;
  readonly watch: SharedArrayBuffer;
}

/** What the thread gives back. */
export interface FuzzAnswer {
  readonly report: Omit<FuzzReport, 'finding'>;
  readonly finding?: { readonly what: string; readonly input: Uint8Array };
}

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const hangMs = 6 * (options.mostMs ?? defaultMostMs);
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-fuzz-'));
  const watch = new SharedArrayBuffer(watchBytes.started + watchBytes.length + watchBytes.input);
  const work: FuzzWork = { ...options, folder, watch };
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: work,
    execArgv: ['--conditions=@lockstep/source'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<FuzzAnswer>();
  worker.once('message', resolve);
  worker.once('error', reject);
  const timer = setInterval(() => {
    const [started] = new Float64Array(watch, 0, 1);
    if (started! === 0 || Date.now() - started! < hangMs) return;
    const [length] = new Float64Array(watch, watchBytes.started, 1);
    const input = new Uint8Array(watch, watchBytes.started + watchBytes.length, length!).slice();
    const nothing = { inputs: 0, accepted: 0, refused: 0, largestBytes: 0 };
    const what = `it did not end within ${hangMs} ms`;
    resolve({ report: { reader: options.reader, ...nothing, slowestMs: hangMs }, finding: { what, input } });
  }, hangMs / 60);
  try {
    const { report, finding } = await promise;
    return finding ? { ...report, finding: saved(options, finding) } : report;
  } finally {
    clearInterval(timer);
    await worker.terminate();
    rmSync(folder, { recursive: true, force: true });
  }
}

function saved({ reader, seed }: FuzzOptions, { what, input }: { what: string; input: Uint8Array }): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lockstep-fuzz-found-')), `${reader}.bin`);
  writeFileSync(path, input);
  return `${what}; seed ${seed}, input of ${input.length} bytes in ${path}`;
}
