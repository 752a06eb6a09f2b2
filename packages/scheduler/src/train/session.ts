/**
 * The coordinator's side of a run: the shared words and tables that workers read, and the running of consecutive steps as one segment
 * on a pool. Knows programs and steps, not models.
 */
import type { Arena, Block, ControlAddresses, Program } from '@lockstep/core';
import type { Pool } from '../pool/pool.ts';
import type { Profiler } from '../profile/profiler.ts';
import { itemKinds, itemWords, type Segment, type SharedProgram, shareProgram } from '../worker/protocol.ts';
import { Sync, syncBytes, wrongSteps } from '../worker/sync.ts';

/** One step to run. */
export interface PlannedStep {
  readonly program: SharedProgram;
  /** The number of the step in the run, from 0. */
  readonly step: number;
  /** Samples of the batch, one after the other in the indices of the segment. */
  readonly samples: number;
}

export interface SegmentPlan {
  readonly steps: readonly PlannedStep[];
  /** Writes the sample numbers of step `i` of the segment. */
  fillIndices(i: number, into: Int32Array): void;
  /** Puts the hyper-parameter words of step `i` into `into`; none for evaluation. */
  hyper?(i: number, into: Uint32Array): void;
}

let sessions = 0;

export class Session {
  readonly arena: Arena;
  readonly pool: Pool;
  /** Words that programs are compiled against. */
  readonly control: ControlAddresses;
  readonly hyperAddress: number;
  readonly hyperWords: number;
  /** Words in which updates say that a gradient is not finite. */
  readonly flags: { readonly address: number; readonly words: number };
  /** Follows the segments of training steps. */
  readonly profiler: Profiler | undefined;
  readonly #id = ++sessions;
  readonly #blocks: Block[] = [];
  readonly #sync: Block;
  readonly #controlBlock: Block;
  #programs: SharedProgram[] = [];
  #scratch: Block | undefined;
  #scratchBytes = 0;
  #table: Block | undefined;

  constructor(options: {
    arena: Arena;
    pool: Pool;
    hyperWords: number;
    flagWords?: number;
    profiler?: Profiler | undefined;
  }) {
    this.arena = options.arena;
    this.pool = options.pool;
    this.hyperWords = options.hyperWords;
    this.profiler = options.profiler;
    this.#sync = this.#cleared(syncBytes);
    this.#controlBlock = this.#cleared(64);
    this.hyperAddress = this.#cleared(4 * Math.max(1, options.hyperWords)).offsetBytes;
    const { flagWords = 0 } = options;
    this.flags = { address: this.#cleared(4 * Math.max(1, flagWords)).offsetBytes, words: flagWords };
    this.control = { step: this.#controlBlock.offsetBytes, indices: this.#controlBlock.offsetBytes + 4 };
  }

  /**
   * Makes a program runnable; `results` are addresses of f32 words to take out after each step, `checks` those of words that are finite
   * unless the step has gone wrong.
   */
  add(program: Program, results: readonly number[], checks: readonly number[] = []): SharedProgram {
    const shared = shareProgram(program, { id: this.#programs.length, results, checks });
    this.#programs = [...this.#programs, shared];
    this.#blocks.push(...program.blocks);
    if (program.labels) this.profiler?.register(shared, program.labels);
    this.#scratchBytes = Math.max(this.#scratchBytes, Math.ceil(program.scratchBytes / 4096) * 4096);
    return shared;
  }

  /**
   * Runs the steps in order on all workers of the pool. Gives the results of the completed steps, one array a step: all of them unless
   * `stop` was called, the signal aborted, or the next step went wrong (see `wrong`). Rejects with WorkerError when a worker is lost; what the
   * steps write is then undefined.
   */
  async run(
    plan: SegmentPlan,
    { signal, pool = this.pool }: { readonly signal?: AbortSignal | undefined; readonly pool?: Pool } = {},
  ): Promise<Float32Array[]> {
    const { workers } = pool;
    const items = withPrologues(plan.steps);
    const layout = this.#writeTable(plan, items);
    this.#syncWords.reset();
    const profiler = plan.hyper ? this.profiler : undefined;
    const segment: Segment = {
      session: this.#id,
      memory: this.arena.memory,
      module: this.arena.module,
      programs: this.#programs,
      at: {
        sync: this.#sync.offsetBytes,
        items: layout.items,
        control: this.#controlBlock.offsetBytes,
        hyper: this.hyperAddress,
        flags: this.flags.address,
        scratch: this.#scratchFor(workers),
      },
      items: items.length,
      hyperWords: plan.hyper ? this.hyperWords : 0,
      flagWords: plan.hyper ? this.flags.words : 0,
      scratchBytes: this.#scratchBytes,
      workers,
      ...(profiler ? { profile: profiler.shared(workers) } : {}),
    };
    const stop = () => this.stop();
    signal?.addEventListener('abort', stop);
    try {
      await pool.run(segment);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
    profiler?.countSteps(this.#syncWords.completed);
    const results = new Float32Array(this.arena.memory.buffer, layout.results, plan.steps.length * layout.resultWords);
    return Array.from({ length: this.#syncWords.completed }, (_, i) =>
      results.slice(i * layout.resultWords, (i + 1) * layout.resultWords),
    );
  }

  /** Of its programs, their scratch and its own words. */
  get bytes(): number {
    const scratch = this.#scratchBytes * this.pool.workers;
    return this.#blocks.reduce((sum, block) => sum + block.bytes, scratch);
  }

  /** Steps completed in the segment that is running. */
  get completed(): number {
    return this.#syncWords.completed;
  }

  /** Whether the step after the completed ones had numbers that are not finite, and then whether it updated anything: 'done' or 'left'. */
  get wrong(): 'left' | 'done' | undefined {
    const { wrong } = this.#syncWords;
    return wrong === wrongSteps.none ? undefined : wrong === wrongSteps.left ? 'left' : 'done';
  }

  /** Ends the running segment after the current step. */
  stop(): void {
    this.#syncWords.stop();
  }

  /** Memory that is given back with the session. */
  own(bytes: number): Block {
    const block = this.arena.allocate(bytes);
    this.#blocks.push(block);
    return block;
  }

  /** Gives the session's memory back. */
  release(): void {
    for (const block of [...this.#blocks, this.#scratch, this.#table]) if (block) this.arena.free(block);
    this.#blocks.length = 0;
    this.#scratch = undefined;
    this.#table = undefined;
  }

  get #syncWords(): Sync {
    return new Sync(this.arena.memory, this.#sync.offsetBytes);
  }

  /** The address of the workers' scratch; moved when there are more of them than before, or a program needs more. */
  #scratchFor(workers: number): number {
    const bytes = this.#scratchBytes * workers;
    if (bytes > (this.#scratch?.bytes ?? 0)) {
      if (this.#scratch) this.arena.free(this.#scratch);
      this.#scratch = this.arena.allocate(bytes);
    }
    return this.#scratch?.offsetBytes ?? 0;
  }

  #cleared(bytes: number): Block {
    const block = this.own(bytes);
    this.arena.clear(block);
    return block;
  }

  /** Lays out the segment's tables in one block: items, hyper-parameters, indices, results. */
  #writeTable(plan: SegmentPlan, items: readonly Item[]): { items: number; results: number; resultWords: number } {
    const hyperWords = plan.hyper ? this.hyperWords : 0;
    const resultWords = Math.max(1, ...plan.steps.map(({ program }) => program.results.length));
    const indexWords = plan.steps.reduce((sum, { samples }) => sum + samples, 0);
    const steps = plan.steps.length;
    const words = items.length * itemWords.size + steps * (hyperWords + resultWords) + indexWords;
    if (!this.#table || this.#table.bytes < words * 4) {
      if (this.#table) this.arena.free(this.#table);
      this.#table = this.arena.allocate(words * 4);
    }
    const base = this.#table.offsetBytes;
    const hyperAt = base + items.length * itemWords.size * 4;
    const resultsAt = hyperAt + steps * hyperWords * 4;
    const indicesAt = resultsAt + steps * resultWords * 4;
    const { buffer } = this.arena.memory;
    const table = new Int32Array(buffer, base, items.length * itemWords.size);
    let indices = indicesAt;
    items.forEach((item, i) => {
      const row = i * itemWords.size;
      table[row + itemWords.program] = item.program.id;
      table[row + itemWords.kind] = item.kind;
      if (item.kind !== itemKinds.step) return;
      const { step, samples } = plan.steps[item.index]!;
      table[row + itemWords.step] = step;
      table[row + itemWords.indices] = indices;
      table[row + itemWords.hyper] = hyperAt + item.index * hyperWords * 4;
      table[row + itemWords.results] = resultsAt + item.index * resultWords * 4;
      plan.fillIndices(item.index, new Int32Array(buffer, indices, samples));
      indices += samples * 4;
      plan.hyper?.(item.index, new Uint32Array(buffer, hyperAt + item.index * hyperWords * 4, hyperWords));
    });
    return { items: base, results: resultsAt, resultWords };
  }
}

interface Item {
  readonly program: SharedProgram;
  readonly kind: number;
  /** The step of the plan, for steps. */
  readonly index: number;
}

/** A program's derived values are stale after another program's steps and after changes from outside: its prologue runs first. */
function withPrologues(steps: readonly PlannedStep[]): Item[] {
  return steps.flatMap(({ program }, index) => {
    const step = { program, kind: itemKinds.step, index };
    return steps[index - 1]?.program === program ? [step] : [{ program, kind: itemKinds.prologue, index: -1 }, step];
  });
}
