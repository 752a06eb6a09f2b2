/** The pool without threads: the calling thread is the only worker. */
import type { Segment } from '../worker/protocol.ts';
import { runSegment } from '../worker/run-segment.ts';
import { allOrFirstFailure, type Pool } from './pool.ts';

export class InlinePool implements Pool {
  readonly kind = 'inline';
  readonly workers = 1;

  async run(segment: Segment): Promise<void> {
    const run = (async () => runSegment(segment))();
    await allOrFirstFailure([run], () => {});
  }

  async close(): Promise<void> {}
}
