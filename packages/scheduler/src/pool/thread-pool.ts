/** What the pools of threads have in common: who takes part in a segment, what is done when one is lost, how many there are. */
import type { Segment } from '../worker/protocol.ts';
import { Sync } from '../worker/sync.ts';
import { checkWorkers, type Pool, WorkerError, workerFailed } from './pool.ts';
import { Watchdog } from './watchdog.ts';

/** A thread that can take part in segments. */
export interface Thread {
  /** One worker's part in a segment; rejects when it throws or the thread ends. */
  run(segment: Segment): Promise<void>;
  /** Ends the thread whatever it does; resolves when nothing of it runs any more. */
  end(): Promise<void>;
}

export interface ThreadPoolOptions {
  /** Default: the cores that are there. */
  readonly workers?: number;
  /**
   * A segment without any progress for so long hangs: the threads that do not leave it are ended and replaced. Longer for tasks that take
   * long, by what was seen of them; it must be longer than the first of them takes. Default 30.
   */
  readonly hangSeconds?: number;
}

/** After a hang was found, how long the others have to leave: they are at most asleep at a barrier. */
const leaveMs = 500;

export class ThreadPool implements Pool {
  readonly kind: string;
  readonly #makeThread: () => Thread;
  readonly #threads: Thread[] = [];
  readonly #watchdog: Watchdog;
  #workers: number;
  #closed = false;

  constructor(kind: string, options: Required<ThreadPoolOptions>, makeThread: () => Thread) {
    this.kind = kind;
    this.#workers = checkWorkers(options.workers);
    this.#watchdog = new Watchdog(options.hangSeconds);
    this.#makeThread = makeThread;
    this.#fit(this.#workers);
  }

  get workers(): number {
    return this.#workers;
  }

  resize(workers: number): void {
    this.#workers = checkWorkers(workers);
  }

  async run(segment: Segment): Promise<void> {
    if (this.#closed) throw new WorkerError('the pool is closed');
    this.#fit(segment.workers);
    const lost = await this.#runOnAll(segment);
    if (lost.size === 0) return;
    const [reason] = lost.values();
    await Promise.all([...lost.keys()].map((thread) => thread.end()));
    if (this.#closed) throw new WorkerError('a worker failed: the pool was closed', { cause: reason });
    for (const thread of lost.keys()) this.#threads[this.#threads.indexOf(thread)] = this.#makeThread();
    throw workerFailed(reason);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  /** Gives the threads that were lost, each with the reason, the first one first. */
  async #runOnAll(segment: Segment): Promise<Map<Thread, unknown>> {
    const sync = new Sync(segment.memory, segment.at.sync);
    const lost = new Map<Thread, unknown>();
    const inside = new Set(this.#threads);
    const runs = this.#threads.map(async (thread) => {
      try {
        await thread.run(segment);
      } catch (error) {
        lost.set(thread, error);
        // The others must not wait for a worker that will not come.
        sync.abort();
      }
      inside.delete(thread);
    });
    const watched = this.#watchdog.follow(sync);
    const allLeft = Promise.all(runs).then(() => undefined);
    const quietSeconds = await Promise.race([allLeft, watched.hangs]);
    watched.end();
    if (quietSeconds === undefined) return lost;
    const { item, phase } = sync;
    sync.abort();
    await Promise.race([allLeft, new Promise((resolve) => setTimeout(resolve, leaveMs))]);
    const where = `in phase ${phase + 1} of item ${item + 1} of ${segment.items}`;
    const hang = `no progress for ${quietSeconds.toFixed(1)} s ${where}; if its tasks take that long, raise hangSeconds`;
    for (const thread of inside) if (!lost.has(thread)) lost.set(thread, new Error(hang));
    // A worker that came back only now may have left its part undone.
    if (lost.size === 0) lost.set(this.#threads[0]!, new Error(hang));
    return lost;
  }

  /** Starts the threads that are missing, ends those that are too many; those do nothing. */
  #fit(workers: number): void {
    while (this.#threads.length < workers) this.#threads.push(this.#makeThread());
    for (const thread of this.#threads.splice(workers)) void thread.end();
  }
}
