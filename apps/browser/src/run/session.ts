/** A run as the page holds it: a coordinator worker of its own, so that ending it gives all its memory back. */
import { proxy, type Remote, wrap } from 'comlink';
import type { CoordinatorApi, RunSummary, RunUpdate } from './messages.ts';
import type { RunSettings } from './settings.ts';

export class Session {
  readonly #worker: Worker;
  readonly #broken: Promise<never>;
  readonly #api: Remote<CoordinatorApi>;

  constructor() {
    this.#worker = new Worker(new URL('./coordinator.js', import.meta.url), { type: 'module' });
    const { promise, reject } = Promise.withResolvers<never>();
    this.#worker.addEventListener('error', (event) =>
      reject(new Error(event.message || 'the coordinator could not start')),
    );
    promise.catch(() => {});
    this.#broken = promise;
    this.#api = wrap<CoordinatorApi>(this.#worker);
  }

  /** Once. `resume`: from the checkpoint of a run of this site. */
  run(settings: RunSettings, onUpdate: (update: RunUpdate) => void, resume = false): Promise<RunSummary> {
    return this.#orBroken(this.#api.run(settings, proxy(onUpdate), resume));
  }

  /** What else the coordinator can do; answers come as promises. */
  ask<T>(question: (api: Remote<CoordinatorApi>) => Promise<T>): Promise<T> {
    return this.#orBroken(question(this.#api));
  }

  close(): void {
    this.#worker.terminate();
  }

  #orBroken<T>(answer: Promise<T>): Promise<T> {
    return Promise.race([answer, this.#broken]);
  }
}
