/** Node's pool: one resident piscina task per worker and segment; inside it the workers synchronise by themselves. */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Segment } from '../worker/protocol.ts';
import { Sync } from '../worker/sync.ts';
import { allOrFirstFailure, checkWorkers, type Pool, WorkerError } from './pool.ts';

export interface NodePoolOptions {
  /** Default: the cores available to the process. */
  readonly workers?: number;
  /** The worker file, for bundles. Default: the one beside this module. */
  readonly workerFile?: URL;
}

export class NodePool implements Pool {
  readonly kind = 'node';
  readonly workers: number;
  readonly #piscina: Piscina;
  #closed = false;

  constructor(options: NodePoolOptions = {}) {
    this.workers = checkWorkers(options.workers ?? availableParallelism());
    const fromSource = import.meta.url.endsWith('.ts');
    const entry = fromSource ? '../worker/entry-node.ts' : '../worker/entry-node.js';
    this.#piscina = new Piscina({
      filename: (options.workerFile ?? new URL(entry, import.meta.url)).href,
      minThreads: this.workers,
      maxThreads: this.workers,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Workers inherit the loader conditions, so that tests and development run from source.
      ...(fromSource ? { execArgv: ['--conditions=@lockstep/source'] } : {}),
    });
  }

  async run(segment: Segment): Promise<void> {
    if (this.#closed) throw new WorkerError('the pool is closed');
    const sync = new Sync(segment.memory, segment.at.sync);
    const runs = Array.from({ length: this.workers }, () => this.#piscina.run(segment) as Promise<void>);
    await allOrFirstFailure(runs, () => sync.abort());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#piscina.destroy();
  }
}
