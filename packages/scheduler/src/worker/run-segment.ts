/** What a worker does with a segment: joins, claims tasks of the current phase, waits at the barrier, until the last step is done. */
import { kernelTable, link, type Phase, runTask } from '@lockstep/core';
import { instantiateKernels } from '@lockstep/kernels';
import { itemKinds, itemWords, type Segment, type SharedProgram } from './protocol.ts';
import { Recorder } from './recorder.ts';
import { Sync, wrongSteps } from './sync.ts';

/** What this thread keeps between segments of one session: its kernels, and programs linked to its scratch. */
interface ThreadState {
  readonly session: number;
  readonly table: ReturnType<typeof kernelTable>;
  readonly linked: Map<number, { scratch: number; words: Int32Array }>;
}

const thread: { state?: ThreadState } = {};

/** Runs the segment's steps together with the other workers; returns when the last is done or the segment was stopped or aborted. */
export function runSegment(segment: Segment): void {
  const sync = new Sync(segment.memory, segment.at.sync);
  try {
    const state = threadState(segment);
    const boundary = new Boundary(segment, sync);
    const ticket = sync.join(segment.items, () => boundary.begin());
    if (ticket >= segment.workers) throw new Error(`a segment for ${segment.workers} workers got one more`);
    if (ticket < 0) return;
    const recorder = segment.profile && new Recorder(segment.profile, ticket);
    const scratch = segment.at.scratch + ticket * segment.scratchBytes;
    runItems({ segment, sync, state, boundary, recorder, scratch });
  } catch (error) {
    // The others must not wait for a worker that will not come.
    sync.abort();
    throw error;
  }
}

function runItems(worker: {
  segment: Segment;
  sync: Sync;
  state: ThreadState;
  boundary: Boundary;
  recorder: Recorder | undefined;
  scratch: number;
}): void {
  const { segment, sync, state, boundary, recorder } = worker;
  const at = { sync, table: state.table, words: emptyWords };
  // Made once: nothing is allocated from step to step.
  const last = (): void => boundary.afterPhase(sync.item, sync.phase);
  for (let item = sync.item; item < segment.items; item = sync.item) {
    const phases = boundary.phasesOf(item);
    at.words = linkedWords(state, boundary.programOf(item), worker.scratch);
    const recorded = recorder && boundary.enter(item, recorder) ? recorder : undefined;
    for (let phase = sync.phase; phase < phases.length; phase++) {
      if (recorded) recorded.runPhase(phases[phase]!, phase, at);
      else runPhase(phases[phase]!, at);
      const open = sync.barrier(last);
      recorded?.addWait();
      if (!open) return;
      // The item is done, or was left because its numbers are not finite.
      if (sync.item !== item) break;
    }
  }
}

const emptyWords: Int32Array = new Int32Array(0);

function runPhase({ bounds }: Phase, at: { sync: Sync; table: ThreadState['table']; words: Int32Array }): void {
  const tasks = bounds.length / 2;
  for (let task = at.sync.claim(); task < tasks; task = at.sync.claim()) {
    if (at.sync.aborted) return;
    runTask(at.table, at.words, bounds[2 * task]!, bounds[2 * task + 1]!);
  }
}

/** Of an f32. */
const exponent = 0x7f800000;

/** What the last worker at a barrier does alone: take results out, set up the next step. */
class Boundary {
  readonly #segment: Segment;
  readonly #sync: Sync;
  readonly #words: Int32Array;

  constructor(segment: Segment, sync: Sync) {
    this.#segment = segment;
    this.#sync = sync;
    this.#words = new Int32Array(segment.memory.buffer);
  }

  programOf(item: number): SharedProgram {
    return this.#segment.programs[this.#item(item, itemWords.program)]!;
  }

  phasesOf(item: number): readonly Phase[] {
    const program = this.programOf(item);
    return this.#item(item, itemWords.kind) === itemKinds.prologue ? program.prologue : program.phases;
  }

  /** Tells the recorder what runs; a prologue counts to the step that it precedes. Returns whether that step is recorded. */
  enter(item: number, recorder: Recorder): boolean {
    const prologue = this.#item(item, itemWords.kind) === itemKinds.prologue;
    const step = this.#item(prologue ? item + 1 : item, itemWords.step);
    return recorder.enter(this.programOf(item).id, step, prologue);
  }

  begin(): void {
    this.#enter(0);
  }

  afterPhase(item: number, phase: number): void {
    const step = this.#item(item, itemWords.kind) === itemKinds.step;
    const last = phase + 1 === this.phasesOf(item).length;
    if (step && (last || phase + 1 === this.programOf(item).checkedPhases) && !this.#isFinite(item)) {
      this.#sync.markWrong(last ? wrongSteps.done : wrongSteps.left);
      this.#sync.moveTo(this.#segment.items, 0);
      return;
    }
    if (!last) {
      this.#sync.moveTo(item, phase + 1);
      return;
    }
    if (step) this.#finishStep(item);
    if (this.#sync.stopping) this.#sync.moveTo(this.#segment.items, 0);
    else this.#enter(item + 1);
  }

  /** Skips items without phases (a program with nothing to prepare). */
  #enter(from: number): void {
    const { items, at, hyperWords, flagWords } = this.#segment;
    let item = from;
    while (item < items && this.phasesOf(item).length === 0) item++;
    if (item < items && this.#item(item, itemWords.kind) === itemKinds.step) {
      const control = at.control / 4;
      this.#words[control] = this.#item(item, itemWords.step);
      this.#words[control + 1] = this.#item(item, itemWords.indices);
      const source = this.#address(item, itemWords.hyper) / 4;
      for (let i = 0; i < hyperWords; i++) this.#words[at.hyper / 4 + i] = this.#words[source + i]!;
      for (let i = 0; i < flagWords; i++) this.#words[at.flags / 4 + i] = 0;
    }
    this.#sync.moveTo(item, 0);
  }

  /** Whether the words that are checked and the flags of the updates are finite: a float's exponent of all ones is not. */
  #isFinite(item: number): boolean {
    const { checks } = this.programOf(item);
    for (let i = 0; i < checks.length; i++) if ((this.#words[checks[i]! / 4]! & exponent) === exponent) return false;
    const { at, flagWords } = this.#segment;
    for (let i = 0; i < flagWords; i++) if (this.#words[at.flags / 4 + i] !== 0) return false;
    return true;
  }

  #finishStep(item: number): void {
    const { results } = this.programOf(item);
    const target = this.#address(item, itemWords.results) / 4;
    for (let i = 0; i < results.length; i++) this.#words[target + i] = this.#words[results[i]! / 4]!;
    this.#sync.countStep();
  }

  #address(item: number, word: number): number {
    return this.#item(item, word) >>> 0;
  }

  #item(item: number, word: number): number {
    return this.#words[this.#segment.at.items / 4 + item * itemWords.size + word]!;
  }
}

function threadState(segment: Segment): ThreadState {
  if (thread.state?.session !== segment.session) {
    const table = kernelTable(instantiateKernels(segment.module, segment.memory));
    thread.state = { session: segment.session, table, linked: new Map() };
  }
  return thread.state;
}

function linkedWords(state: ThreadState, program: SharedProgram, scratch: number): Int32Array {
  let linked = state.linked.get(program.id);
  if (linked?.scratch !== scratch) {
    linked = { scratch, words: link(program, scratch) };
    state.linked.set(program.id, linked);
  }
  return linked.words;
}
