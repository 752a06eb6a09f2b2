/** What a pool of workers is, whatever the platform: threads that run a segment together. */
import type { Segment } from '../worker/protocol.ts';

export interface Pool {
  /** `inline`, `node` or `browser`. */
  readonly kind: string;
  /** Workers that the next segment gets. */
  readonly workers: number;
  /**
   * Runs the segment on `segment.workers` workers; resolves when all have left it. Rejects with a WorkerError when one has failed, ended or
   * made no progress: only after all others have left, nothing of it runs any more, and another thread is there in its place. What the
   * segment has written is then undefined.
   */
  run(segment: Segment): Promise<void>;
  /**
   * Takes effect with the next segment, also while a model is trained: its bits are the same for any number of workers.
   *
   * @throws RangeError for a number that the pool cannot have.
   */
  resize(workers: number): void;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** A pool lost a worker, or a worker failed. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
  /** Whether the pool could run the segment again; not after `close`, nor when it was tried often enough. */
  readonly retriable: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly retriable?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.retriable = options.retriable ?? false;
  }
}

/** RangeError unless it is a whole number of at least 1. */
export function checkWorkers(workers: number): number {
  if (!Number.isInteger(workers) || workers < 1)
    throw new RangeError(`workers: expected an integer ≥ 1, got ${workers}`);
  return workers;
}

/** What a segment rejects with when a worker has failed for this reason. */
export function workerFailed(reason: unknown): WorkerError {
  const message = reason instanceof Error ? reason.message : String(reason);
  return new WorkerError(`a worker failed: ${message}`, { cause: reason, retriable: true });
}
