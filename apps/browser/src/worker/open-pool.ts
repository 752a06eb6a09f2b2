/** The workers of a run, or the coordinator's own thread where nothing may be shared with others. */
import { InlinePool, type Pool } from '@lockstep/scheduler';
import { BrowserPool } from '@lockstep/scheduler/browser';

/** Whether this page may share memory between threads. */
export function mayShare(): boolean {
  return crossOriginIsolated && typeof SharedArrayBuffer !== 'undefined';
}

export function openPool(workers: number): Pool {
  return mayShare() ? new BrowserPool({ workers, createWorker }) : new OwnThreadPool();
}

function createWorker(): Worker {
  return new Worker(new URL('./trainer-worker.js', import.meta.url), { type: 'module' });
}

/** Takes the page's messages between two segments: what runs in this thread leaves no room for them by itself. */
class OwnThreadPool extends InlinePool {
  override async run(segment: Parameters<InlinePool['run']>[0]): Promise<void> {
    await new Promise((done) => setTimeout(done));
    await super.run(segment);
  }
}
