/**
 * How workers move through a segment together: tickets to join, a barrier that the last arriver opens, a counter from which tasks are
 * claimed, and an abort word that frees everybody. All on words of the shared memory; nothing here allocates.
 */

/** Word positions, one cache line (16 words) apart so that workers do not fight over a line. */
const lines = {
  tickets: 0,
  admitted: 16,
  arrived: 32,
  generation: 48,
  abort: 64,
  claim: 80,
  item: 96,
  phase: 112,
  stop: 128,
  completed: 144,
  wrong: 160,
} as const;

export const syncBytes: number = 176 * 4;

/** A step with numbers that are not finite was left before it updated anything, or has done its updates. */
export const wrongSteps = { none: 0, left: 1, done: 2 } as const;

/** Loads before a waiting worker goes to sleep: about as long as a wake-up takes. */
const spins = 2000;
/** A sleeping worker looks around this often, in case a wake-up is lost to an abort. */
const napMs = 20;

export class Sync {
  readonly #words: Int32Array;

  constructor(memory: WebAssembly.Memory, offsetBytes: number) {
    this.#words = new Int32Array(memory.buffer, offsetBytes, syncBytes / 4);
  }

  /** Before a segment: nobody has joined, nothing is done. Only while no worker runs. */
  reset(): void {
    this.#words.fill(0);
  }

  /** The item (step or prologue) and phase that the admitted workers are in. */
  get item(): number {
    return Atomics.load(this.#words, lines.item);
  }
  get phase(): number {
    return Atomics.load(this.#words, lines.phase);
  }

  /** Steps completed in this segment. */
  get completed(): number {
    return Atomics.load(this.#words, lines.completed);
  }

  /** What changes whenever a worker joins (the first word), claims a task or opens a barrier. */
  get progress(): readonly number[] {
    return [lines.tickets, lines.claim, lines.generation].map((word) => Atomics.load(this.#words, word));
  }

  /** How many workers take part. */
  get participants(): number {
    return Atomics.load(this.#words, lines.admitted);
  }

  get aborted(): boolean {
    return Atomics.load(this.#words, lines.abort) !== 0;
  }

  /** Frees every worker as soon as it looks: the segment is lost. */
  abort(): void {
    Atomics.store(this.#words, lines.abort, 1);
    this.#wakeAll();
  }

  /** Asks the workers to leave after the current step. */
  stop(): void {
    Atomics.store(this.#words, lines.stop, 1);
  }

  get stopping(): boolean {
    return Atomics.load(this.#words, lines.stop) !== 0;
  }

  /** How far the step came whose numbers are not finite; `wrongSteps.none` if all are. */
  get wrong(): number {
    return Atomics.load(this.#words, lines.wrong);
  }

  /** Only for `last`: the step has gone wrong, and nothing follows it. */
  markWrong(kind: number): void {
    Atomics.store(this.#words, lines.wrong, kind);
  }

  /** The next task of the phase, from 0. */
  claim(): number {
    return Atomics.add(this.#words, lines.claim, 1);
  }

  /**
   * Joins the segment and returns this worker's ticket, from 0. The first to come runs `begin` and starts; later ones are admitted at the
   * next barrier. Returns −1 when the segment ended (`items` reached) or was aborted before that.
   */
  join(items: number, begin: () => void): number {
    const w = this.#words;
    const ticket = Atomics.add(w, lines.tickets, 1);
    if (ticket === 0) {
      begin();
      this.#open();
      return ticket;
    }
    for (let spin = 0; Atomics.load(w, lines.admitted) <= ticket; spin++) {
      if (this.aborted || this.item >= items) return -1;
      if (spin > spins) Atomics.wait(w, lines.generation, Atomics.load(w, lines.generation), napMs);
    }
    return ticket;
  }

  /**
   * Waits for all admitted workers. The last one runs `last` alone, while the others wait, then admits newcomers and opens the barrier.
   * Returns false when the segment was aborted.
   */
  barrier(last: () => void): boolean {
    const w = this.#words;
    const generation = Atomics.load(w, lines.generation);
    if (Atomics.add(w, lines.arrived, 1) + 1 === Atomics.load(w, lines.admitted)) {
      last();
      this.#open();
      return !this.aborted;
    }
    for (let spin = 0; Atomics.load(w, lines.generation) === generation; spin++) {
      if (this.aborted) return false;
      if (spin > spins) Atomics.wait(w, lines.generation, generation, napMs);
    }
    return !this.aborted;
  }

  /** Only for `begin` and `last`: where everybody goes next. */
  moveTo(item: number, phase: number): void {
    Atomics.store(this.#words, lines.item, item);
    Atomics.store(this.#words, lines.phase, phase);
  }

  /** Only for `last`. */
  countStep(): void {
    Atomics.add(this.#words, lines.completed, 1);
  }

  /**
   * The generation moves before newcomers are admitted: one that was admitted first could read the old generation at its first barrier
   * and pass it early. The barrier that follows cannot be complete before this worker, who is still here, arrives.
   */
  #open(): void {
    const w = this.#words;
    Atomics.store(w, lines.claim, 0);
    Atomics.store(w, lines.arrived, 0);
    Atomics.add(w, lines.generation, 1);
    Atomics.store(w, lines.admitted, Atomics.load(w, lines.tickets));
    Atomics.notify(w, lines.generation);
  }

  #wakeAll(): void {
    Atomics.add(this.#words, lines.generation, 1);
    Atomics.notify(this.#words, lines.generation);
  }
}
