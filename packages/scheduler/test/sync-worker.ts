/** One thread of sync.test.ts: goes through rounds with the others and counts every time a barrier let it pass early. */
import { parentPort, workerData } from 'node:worker_threads';
import { Sync, syncBytes } from '../src/worker/sync.ts';

export interface RoundsJob {
  readonly memory: WebAssembly.Memory;
  readonly rounds: number;
  /** Joins only once the others are in this round. */
  readonly joinAt: number;
  /** Takes its time (1 ms a round) until this many threads take part. */
  readonly company: number;
  /** Goes away without a word once the company is complete. */
  readonly leaves: boolean;
  /** Is preempted for longer than a nap of the others after each of its writes in so many of the first rounds. */
  readonly preemptedRounds: number;
}

export interface RoundsReport {
  readonly joined: boolean;
  /** Rounds that this thread took part in. */
  readonly rounds: number;
  /** Barriers that opened before all had arrived. */
  readonly early: number;
  /** Tasks that this thread claimed. */
  readonly claimed: number;
  /** The barrier said that the segment was aborted. */
  readonly aborted: boolean;
}

/** Words of a round: arrivals, the number that was needed, tasks claimed. */
export const roundWords = 3;
/** Tasks of a round. */
export const tasks = 3;

export function roundsOffset(round: number): number {
  return syncBytes / 4 + round * roundWords;
}

function runRounds({ memory, rounds, joinAt, company, leaves, preemptedRounds }: RoundsJob): RoundsReport {
  const sync = new Sync(memory, 0);
  const words = new Int32Array(memory.buffer);
  if (preemptedRounds > 0) napAfterWrites(words, () => sync.item < preemptedRounds);
  const report = { joined: true, rounds: 0, early: 0, claimed: 0, aborted: false };
  while (sync.item < joinAt) nap(words);
  if (sync.join(rounds, () => sync.moveTo(0, 0)) < 0) return { ...report, joined: false };
  for (let round = sync.item; round < rounds; round = sync.item) {
    if (sync.participants < company) nap(words);
    else if (leaves) return report;
    const at = roundsOffset(round);
    while (sync.claim() < tasks) {
      report.claimed++;
      Atomics.add(words, at + 2, 1);
    }
    Atomics.add(words, at, 1);
    const open = sync.barrier(() => {
      Atomics.store(words, at + 1, sync.participants);
      sync.moveTo(round + 1, 0);
    });
    if (!open) return { ...report, aborted: true };
    report.rounds++;
    if (Atomics.load(words, at + 1) === 0 || Atomics.load(words, at) !== Atomics.load(words, at + 1)) report.early++;
  }
  return report;
}

function nap(words: Int32Array, ms = 1): void {
  Atomics.wait(words, words.length - 1, 0, ms);
}

function napAfterWrites(words: Int32Array, now: () => boolean): void {
  const { store, add } = Atomics;
  const slow = <T>(value: T): T => {
    if (now()) nap(words, 25);
    return value;
  };
  Object.assign(Atomics, {
    store: (array: Int32Array, at: number, value: number) => slow(store(array, at, value)),
    add: (array: Int32Array, at: number, value: number) => slow(add(array, at, value)),
  });
}

parentPort?.postMessage(runRounds(workerData as RoundsJob));
