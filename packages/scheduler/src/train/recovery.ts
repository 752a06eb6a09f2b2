/**
 * Training steps that survive the loss of a worker. A copy of what they change is kept in memory, and with it the plans of the segments since
 * then, down to the words that each step read: after a loss the copy is put back and those segments run again. Nothing else takes part: what
 * has been told stays told, and what was lost had not been.
 */
import type { DType, Tensor } from '@lockstep/core';
import { InlinePool } from '../pool/inline.ts';
import { MemoryCopy } from './memory-copy.ts';
import { persistently } from './persistence.ts';
import type { SegmentPlan, Session } from './session.ts';

/** What a loss cost. */
export interface Loss {
  /** Why. */
  readonly message: string;
  /** Steps that were done and are done again: those since the copy, and those of the lost segment. */
  readonly replayed: number;
  /** From the start of the lost segment until it can be run again. */
  readonly seconds: number;
}

export class Recovery {
  readonly #session: Session;
  readonly #copy: MemoryCopy;
  readonly #onLoss: (loss: Loss) => void;
  /** What was done since the copy. */
  #done: SegmentPlan[] = [];

  /** `tensors`: all that training steps change and later ones read. */
  constructor(session: Session, tensors: readonly Tensor<DType>[], onLoss: (loss: Loss) => void) {
    this.#session = session;
    this.#copy = new MemoryCopy(tensors);
    this.#onLoss = onLoss;
  }

  /** As `session.run`, for training steps. The signal ends it after a step, but never what is run again. */
  async train(given: SegmentPlan, signal: AbortSignal | undefined): Promise<Float32Array[]> {
    if (this.#copy.due) {
      this.#copy.take();
      this.#done = [];
    }
    const plan = withFixedWords(given);
    const startedMs = performance.now();
    const results = await this.#run(`training after step ${plan.steps[0]!.step}`, {
      run: () => this.#session.run(plan, { signal }),
      recover: () => this.#rollBack(),
    });
    this.#copy.addWork(performance.now() - startedMs);
    if (results.length > 0) this.#done.push({ ...plan, steps: plan.steps.slice(0, results.length) });
    return results;
  }

  /** Runs what changes nothing that training needs, such as an evaluation; again when a worker is lost in it. */
  read<T>(what: string, run: () => Promise<T>): Promise<T> {
    return this.#run(what, { run });
  }

  /** After a loss that ends the run: brings the state back that has been told, on the calling thread alone. What others wrote since stays. */
  async settle(): Promise<void> {
    if (this.#copy.valid) await this.#rollBack(new InlinePool());
  }

  #run<T>(what: string, at: { run(): Promise<T>; recover?(): Promise<void> }): Promise<T> {
    const { pool } = this.#session;
    let startedMs = 0;
    return persistently(pool, {
      what,
      run: () => {
        startedMs = performance.now();
        return at.run();
      },
      recover: async ({ message }) => {
        const since = at.recover ? this.#done.reduce((sum, { steps }) => sum + steps.length, 0) : 0;
        const replayed = since + this.#session.completed;
        try {
          await at.recover?.();
        } finally {
          const nowMs = performance.now();
          this.#onLoss({ message, replayed, seconds: (nowMs - startedMs) / 1000 });
          // Of another loss while it recovered only what comes now is its own.
          startedMs = nowMs;
        }
      },
    });
  }

  async #rollBack(pool = this.#session.pool): Promise<void> {
    this.#copy.restore();
    for (const plan of this.#done) await this.#session.run(plan, { pool });
  }
}

/** The same plan, whose words stay those of the first time: rates may change later. */
function withFixedWords(plan: SegmentPlan): SegmentPlan {
  const words: Uint32Array[] = [];
  return {
    ...plan,
    hyper(i, into) {
      const known = words[i];
      if (known) return into.set(known);
      plan.hyper!(i, into);
      words[i] = into.slice();
    },
  };
}
