/** The module that the browser's Web Workers run, driven through comlink. */
import { expose } from 'comlink';
import type { Segment } from './protocol.ts';
import { runSegment } from './run-segment.ts';

export interface BrowserWorkerApi {
  /** Takes the lock of this name for as long as this worker lives; comes back when it has it. */
  live(lock: string): Promise<void>;
  run(segment: Segment): void;
}

const api: BrowserWorkerApi = {
  live: (lock) =>
    new Promise((resolve, reject) => {
      navigator.locks
        .request(lock, () => {
          resolve();
          return new Promise(() => {});
        })
        .catch(reject);
    }),
  run: runSegment,
};
expose(api);
