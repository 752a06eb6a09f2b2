/** From the buttons to the coordinator, and from what it says to the state of the page. The page itself never computes. */
import { Session } from '../run/session.ts';
import type { RunSettings } from '../run/settings.ts';
import { afterUpdate } from './after-update.ts';
import { freshRun, type Message, type Store } from './store.ts';

export class RunControl {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** `resume`: the saved run, whose own settings these are. */
  async start(settings: RunSettings, resume = false): Promise<void> {
    const store = this.#store;
    store.state.session?.close();
    const session = new Session();
    store.set({ ...freshRun(), phase: 'starting', status: { key: 'starting' }, settings, session });
    try {
      const summary = await session.run(settings, (update) => store.set(afterUpdate(store.state, update)), resume);
      const { steps, workers, shards, stopped } = summary;
      const status: Message = { key: stopped ? 'stopped' : 'done', values: { steps, workers, shards } };
      const { imagesPerSecond } = store.state;
      const speed = Number.isFinite(summary.imagesPerSecond) ? summary.imagesPerSecond : imagesPerSecond;
      const done = stopped ? {} : { done: { main: 1, plain: 1 }, kept: undefined };
      store.set({ phase: 'finished', status, summary, imagesPerSecond: speed, ...done });
    } catch (error) {
      session.close();
      store.set({ phase: 'idle', status: { key: 'failed' }, notice: lineOf(error), session: undefined });
    }
  }

  /** Between running and paused. */
  togglePause(): void {
    const { phase, session } = this.#store.state;
    if (phase === 'paused') {
      this.#store.set({ phase: 'running' });
      void session?.ask((api) => api.resume());
    } else if (phase === 'running') {
      this.#store.set({ phase: 'pausing', status: { key: 'pausing' } });
      void session?.ask((api) => api.pause());
    }
  }

  step(): void {
    this.#store.set({ phase: 'pausing' });
    void this.#store.state.session?.ask((api) => api.step());
  }

  stop(): void {
    this.#store.set({ phase: 'stopping', status: { key: 'stopping' } });
    void this.#store.state.session?.ask((api) => api.stop());
  }
}

export function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ');
}
