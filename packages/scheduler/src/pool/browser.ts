/** The browser's pool: module Web Workers driven by comlink, on one shared memory. Its owner runs in a worker too, so the page never blocks. */
import { type Remote, wrap } from 'comlink';
import type { BrowserWorkerApi } from '../worker/entry-browser.ts';
import type { Segment } from '../worker/protocol.ts';
import { type Thread, ThreadPool, type ThreadPoolOptions } from './thread-pool.ts';

export interface BrowserPoolOptions extends ThreadPoolOptions {
  /** Makes one worker that runs this package's `worker/entry-browser`; bundlers find it as `new Worker(new URL(…), { type: 'module' })`. */
  readonly createWorker: () => Worker;
}

export class BrowserPool extends ThreadPool {
  constructor(options: BrowserPoolOptions) {
    const { workers = globalThis.navigator?.hardwareConcurrency ?? 1, hangSeconds = 30, createWorker } = options;
    super('browser', { workers, hangSeconds }, () => new BrowserThread(createWorker()));
  }
}

/**
 * A worker that cannot start says so by an event; one that ends by itself, runs out of memory or is terminated says nothing, and after
 * `terminate` it may run on for a moment. So each holds a Web Lock for its life: the lock is free when nothing of the worker runs any more.
 */
class BrowserThread implements Thread {
  readonly #worker: Worker;
  readonly #api: Remote<BrowserWorkerApi>;
  readonly #failed: Promise<never>;
  readonly #fail: (why: Error) => void;
  readonly #lock = crypto.randomUUID();
  /** Resolves when the worker holds its lock; before that it gets nothing to do. */
  readonly #alive: Promise<void>;
  #gone: Promise<unknown> = Promise.resolve();

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#api = wrap<BrowserWorkerApi>(worker);
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failed = promise;
    this.#fail = reject;
    promise.catch(() => {});
    worker.addEventListener('error', (event) => reject(new Error(event.message || 'the worker could not start')));
    this.#alive = this.#api.live(this.#lock).then(() => {
      this.#gone = navigator.locks.request(this.#lock, () => reject(new Error('the worker has ended')));
    });
    this.#alive.catch(reject);
  }

  async run(segment: Segment): Promise<void> {
    await Promise.race([this.#alive, this.#failed]);
    await Promise.race([this.#api.run(segment), this.#failed]);
  }

  async end(): Promise<void> {
    this.#worker.terminate();
    this.#fail(new Error('the worker was ended'));
    await this.#gone;
  }
}
