/** The file `workers` in the folder of a run: a number written there while the run goes on is how many workers it has from the next steps on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from '@lockstep/scheduler';
import { mostWorkers } from '../defaults.ts';
import { codeOf } from '../errors.ts';

const file = 'workers';

/** The file is looked at this often at most. */
const lookMs = 500;

export class WorkersFile {
  readonly #path: string;
  readonly #pool: Pool;
  readonly #tell: (line: string) => void;
  #seen: string;
  #lookedMs = performance.now();

  /** What stands in the file already is of an earlier process and means nothing. */
  constructor(run: string, pool: Pool, tell: (line: string) => void) {
    this.#path = join(run, file);
    this.#pool = pool;
    this.#tell = tell;
    this.#seen = this.#read();
  }

  /** Between steps; looks now and then, and gives the pool the number that is new there. */
  look(): void {
    if (performance.now() - this.#lookedMs < lookMs) return;
    this.#lookedMs = performance.now();
    const text = this.#read();
    if (text === this.#seen) return;
    this.#seen = text;
    // Removed, or about to be written.
    if (text === '') return;
    const workers = Number(text);
    if (!Number.isInteger(workers) || workers < 1 || workers > mostWorkers) {
      this.#tell(`warning: ${this.#path}: expected a whole number from 1 to ${mostWorkers}, got ${text.slice(0, 40)}`);
      return;
    }
    this.#pool.resize(workers);
    this.#tell(workers === 1 ? '1 worker from now on' : `${workers} workers from now on`);
  }

  #read(): string {
    try {
      return readFileSync(this.#path, 'utf8').trim();
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return '';
      throw thrown;
    }
  }
}
