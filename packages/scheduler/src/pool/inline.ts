/** The pool without threads: the calling thread is the only worker. */
import type { Segment } from '../worker/protocol.ts';
import { runSegment } from '../worker/run-segment.ts';
import { type Pool, workerFailed } from './pool.ts';

export class InlinePool implements Pool {
  readonly kind = 'inline';
  readonly workers = 1;

  async run(segment: Segment): Promise<void> {
    try {
      runSegment(segment);
    } catch (error) {
      throw workerFailed(error);
    }
  }

  /** @throws RangeError for anything but 1. */
  resize(workers: number): void {
    if (workers !== 1)
      throw new RangeError(`workers: the calling thread is 1 worker, got ${workers}; use another pool`);
  }

  async close(): Promise<void> {}
}
