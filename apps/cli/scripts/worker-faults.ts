/**
 * Loaded before the command with `--import`, into its threads too: ends worker threads at random. One of them is terminated from outside, at
 * any instruction; or one exits, throws or hangs by itself where it takes a task or waits for the others. Each fault is a line in a file.
 */
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import threads, { isMainThread, threadId, type Worker } from 'node:worker_threads';

export interface FaultOptions {
  readonly seed: number;
  /** A thread lives this long on average. */
  readonly lifeMs: number;
  /** Whether threads may hang. */
  readonly hangs: boolean;
  /** Gets a line for each fault: its kind. */
  readonly log: string;
}

export const faultKinds = ['terminate', 'exit', 'throw', 'hang'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Of the environment, JSON. */
export const faultsVariable = 'LOCKSTEP_CHAOS_FAULTS';

const text = process.env[faultsVariable];
if (text !== undefined) misbehave(JSON.parse(text));

function misbehave(options: FaultOptions): void {
  if (isMainThread) terminateThreads(options);
  else failAlone(options);
}

function terminateThreads(options: FaultOptions): void {
  const random = randomOf(options.seed);
  const living = new Set<Worker>();
  class Watched extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      living.add(this);
      this.once('exit', () => living.delete(this));
    }
  }
  threads.Worker = Watched;
  syncBuiltinESMExports();
  const next = (): void => {
    setTimeout(
      () => {
        const worker = [...living][Math.floor(random() * living.size)];
        if (worker) {
          note(options, 'terminate');
          void worker.terminate();
        }
        next();
      },
      lifeOf(options, random),
    ).unref();
  };
  next();
}

function failAlone(options: FaultOptions): void {
  const random = randomOf(options.seed + 1000 * threadId);
  const endsMs = performance.now() + lifeOf(options, random);
  const kinds: readonly FaultKind[] = options.hangs ? ['exit', 'throw', 'exit', 'throw', 'hang'] : ['exit', 'throw'];
  const kind = kinds[Math.floor(random() * kinds.length)]!;
  const { add } = Atomics;
  // Workers take tasks and arrive at barriers by this call.
  Atomics.add = ((words: Int32Array, at: number, value: number): number => {
    if (words.buffer.byteLength > 2 ** 16 && performance.now() > endsMs) fail(options, kind);
    return add(words, at, value);
  }) as typeof add;
}

function fail(options: FaultOptions, kind: FaultKind): void {
  note(options, kind);
  if (kind === 'exit') process.exit(9);
  if (kind === 'throw') throw new Error('thrown by chaos');
  for (;;);
}

function note({ log }: FaultOptions, kind: FaultKind): void {
  appendFileSync(log, `${kind}\n`);
}

/** From a fifth of the average to nearly twice of it. */
function lifeOf({ lifeMs }: FaultOptions, random: () => number): number {
  return lifeMs * (0.2 + 1.6 * random());
}

/** In [0, 1); a multiplicative congruential generator. */
function randomOf(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
