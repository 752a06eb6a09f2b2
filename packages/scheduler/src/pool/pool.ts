/** What a pool of workers is, whatever the platform: threads that run a segment together. */
import type { Segment } from '../worker/protocol.ts';

export interface Pool {
  /** `inline`, `node` or `browser`. */
  readonly kind: string;
  /** Workers asked for. */
  readonly workers: number;
  /** Runs the segment on all workers; resolves when all have left it, rejects with the first failure after all have left. */
  run(segment: Segment): Promise<void>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** A pool lost a worker, or a worker failed. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';
}

/** RangeError unless it is a whole number of at least 1. */
export function checkWorkers(workers: number): number {
  if (!Number.isInteger(workers) || workers < 1)
    throw new RangeError(`workers: expected an integer ≥ 1, got ${workers}`);
  return workers;
}

/** Waits for all, then throws the first failure, so that no worker is left behind in a segment. */
export async function allOrFirstFailure(runs: readonly Promise<void>[], abort: () => void): Promise<void> {
  const settled = await Promise.allSettled(
    runs.map((run) =>
      run.catch((error: unknown) => {
        abort();
        throw error;
      }),
    ),
  );
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure) throw new WorkerError(`a worker failed: ${messageOf(failure.reason)}`, { cause: failure.reason });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
