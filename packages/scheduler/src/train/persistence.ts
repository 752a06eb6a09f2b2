/** Running again what was lost with a worker, and when to give up. */
import { type Pool, WorkerError } from '../pool/pool.ts';

/** So many losses in a row take half of the workers away; the last worker's end the attempts. */
const mostInARow = 3;

/**
 * Runs until it is done. When a worker is lost in it, `recover` brings memory back and it is run again; what `recover` loses counts as well.
 *
 * @throws WorkerError when the last worker was lost three times in a row, with the last loss as its cause; any other error at once.
 */
export async function persistently<T>(
  pool: Pool,
  at: {
    /** What it is, for messages: `the evaluation`. */
    readonly what: string;
    run(): Promise<T>;
    /** After the loss; by then the pool is whole again. */
    recover?(loss: WorkerError): Promise<void>;
  },
): Promise<T> {
  let inARow = 0;
  let loss: WorkerError | undefined;
  for (;;) {
    try {
      if (loss) await at.recover?.(loss);
      loss = undefined;
      return await at.run();
    } catch (error) {
      if (!(error instanceof WorkerError && error.retriable)) throw error;
      loss = error;
      if (++inARow < mostInARow) continue;
      const { workers } = pool;
      if (workers === 1)
        throw new WorkerError(`${at.what} cannot be done: ${mostInARow} times in a row ${error.message}`, {
          cause: error,
        });
      inARow = 0;
      pool.resize(Math.floor(workers / 2));
    }
  }
}
