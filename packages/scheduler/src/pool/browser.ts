/** The browser's pool: module Web Workers driven by comlink, on one shared memory. Its owner runs in a worker too, so the page never blocks. */
import { type Remote, wrap } from 'comlink';
import type { BrowserWorkerApi } from '../worker/entry-browser.ts';
import type { Segment } from '../worker/protocol.ts';
import { Sync } from '../worker/sync.ts';
import { allOrFirstFailure, checkWorkers, type Pool } from './pool.ts';

export interface BrowserPoolOptions {
  /** Default: the visitor's cores. */
  readonly workers?: number;
  /** Makes one worker that runs this package's `worker/entry-browser`; bundlers find it as `new Worker(new URL(…), { type: 'module' })`. */
  readonly createWorker: () => Worker;
}

export class BrowserPool implements Pool {
  readonly kind = 'browser';
  readonly workers: number;
  readonly #threads: {
    worker: Worker;
    api: Remote<BrowserWorkerApi>;
    failed: Promise<never>;
    fail: (why: Error) => void;
  }[];

  constructor(options: BrowserPoolOptions) {
    this.workers = checkWorkers(options.workers ?? globalThis.navigator?.hardwareConcurrency ?? 1);
    this.#threads = Array.from({ length: this.workers }, () => {
      const worker = options.createWorker();
      // A worker that cannot start or dies says so by an event, not through comlink; one that is terminated says nothing.
      const { promise: failed, reject: fail } = Promise.withResolvers<never>();
      worker.addEventListener('error', (event) => fail(new Error(event.message || 'the worker could not start')));
      failed.catch(() => {});
      return { worker, api: wrap<BrowserWorkerApi>(worker), failed, fail };
    });
  }

  async run(segment: Segment): Promise<void> {
    const sync = new Sync(segment.memory, segment.at.sync);
    const runs = this.#threads.map(({ api, failed }) => Promise.race([api.run(segment), failed]));
    await allOrFirstFailure(runs, () => sync.abort());
  }

  async close(): Promise<void> {
    for (const { worker, fail } of this.#threads) {
      worker.terminate();
      fail(new Error('the pool was closed'));
    }
  }
}
