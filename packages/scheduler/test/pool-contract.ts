/**
 * What every pool must do, whatever its threads are. The cases are plain functions: Vitest runs them on the inline and piscina pools, a
 * worker in Chromium runs them on the browser's pool.
 */
import { crossEntropy, defaultArena, type nn, type Program } from '@lockstep/core';
import { batches } from '@lockstep/data';
import { kernelNames } from '@lockstep/kernels';
import { InlinePool } from '../src/pool/inline.ts';
import type { Pool } from '../src/pool/pool.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { Session } from '../src/train/session.ts';
import { shareData } from '../src/train/shared-data.ts';
import { StepPrograms } from '../src/train/step-programs.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { equal, fails, holds, within } from './contract-assert.ts';
import { optimizers, points, type TinyRun, tinyNet, tinyRun } from './tiny-problem.ts';

export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

export interface ContractOptions {
  /** False: the pool has one worker, the calling thread, whatever number is asked for. */
  readonly threads: boolean;
  /** Ends one of the threads of the pool that was made last, behind its back. */
  readonly loseThread?: () => void;
}

const limitMs = 20_000;

export function poolContract(
  name: string,
  makePool: (workers: number) => Pool,
  { threads, loseThread }: ContractOptions = { threads: true },
): ContractCase[] {
  const cases: ContractCase[] = [];
  const add = (what: string, run: () => Promise<void>) =>
    cases.push({ name: `${name} pool: ${what}`, run: () => within(limitMs, run()) });
  const onPool = (what: string, workers: number, run: (pool: Pool) => Promise<void>) =>
    add(what, async () => {
      const pool = makePool(workers);
      try {
        await run(pool);
      } finally {
        await pool.close();
      }
    });

  for (const workers of threads ? [1, 2, 3] : [1]) {
    onPool(
      `${workers} workers give the weights, loss and accuracy of the calling thread alone`,
      workers,
      async (pool) => {
        equal(pool.workers, workers, 'workers');
        equal(comparable(await tinyRun({ pool })), comparable(await tinyRun()), 'the run');
      },
    );
  }
  onPool('more workers than tasks', 4, async (pool) => {
    const small = { data: points(4), batchSize: 2, shards: 1 };
    equal((await tinyRun({ ...small, pool })).hash, (await tinyRun(small)).hash, 'the weights');
  });
  onPool('one pool runs one training after another', 2, async (pool) => {
    const first = await tinyRun({ pool });
    equal((await tinyRun({ pool })).hash, first.hash, 'the weights');
  });
  onPool(
    'a signal between segments ends the run after a step, with the weights of the steps that were done',
    2,
    (pool) => abortedRun(pool),
  );
  if (threads) onPool('more and fewer workers from one segment to the next', 2, (pool) => resizedRun(pool));
  if (loseThread)
    onPool('a thread that ends in a run is replaced, and no bit shows it', 2, (pool) => lossyRun(pool, loseThread));
  if (threads) onPool('a stop within a segment ends it after a step', 3, (pool) => stoppedSegment(pool));
  for (const [what, call] of failures) {
    onPool(`${what} rejects with a WorkerError, and the pool goes on`, 2, async (pool) => {
      holds(
        (await failingSegment(pool, call)).startsWith('a worker failed: '),
        'the message says that a worker failed',
      );
      equal((await tinyRun({ pool })).hash, (await tinyRun()).hash, 'the weights of a run afterwards');
    });
  }
  add('close ends the threads, and a second close is allowed', async () => {
    const pool = makePool(2);
    await tinyRun({ pool });
    await pool.close();
    await pool.close();
  });
  if (threads) {
    add('close during a segment rejects it with a WorkerError', () => closedSegment(makePool(2)));
    for (const workers of [0, -1, 1.5, Number.NaN]) {
      add(`${workers} workers are a RangeError`, async () => {
        equal(
          await fails(() => makePool(workers), 'RangeError'),
          `workers: expected an integer ≥ 1, got ${workers}`,
          'it',
        );
      });
    }
  }
  return cases;
}

/** All of a run but its speed. */
function comparable({ result, ...rest }: TinyRun): unknown {
  return { ...rest, result: { ...result, samplesPerSecond: 0 } };
}

async function abortedRun(pool: Pool): Promise<void> {
  const stop = new AbortController();
  const long = { epochs: 100, batchSize: 5, shuffle: false };
  const onEvent = () => stop.abort();
  const { hash, result } = await tinyRun({ ...long, data: points(500), pool, signal: stop.signal, onEvent });
  holds(result.stopped, 'the result says that the run was stopped');
  holds(result.steps >= 1 && result.steps < 100, `${result.steps} steps of the first epoch were done`);
  equal(result.epochs, 0, 'complete epochs');
  const same = await tinyRun({ ...long, data: points(5 * result.steps), epochs: 1 });
  equal(hash, same.hash, `the weights after ${result.steps} steps`);
}

async function resizedRun(pool: Pool): Promise<void> {
  const long = { epochs: 6, data: points(500) };
  const sizes = new Map([
    [32, 3],
    [128, 1],
  ]);
  const onEvent = ({ type, step }: TrainEvent) => {
    const workers = sizes.get(step);
    if (type === 'epoch' && workers !== undefined) pool.resize(workers);
  };
  const { hash } = await tinyRun({ ...long, pool, onEvent });
  equal(pool.workers, 1, 'workers');
  equal(hash, (await tinyRun(long)).hash, 'the weights');
}

async function lossyRun(pool: Pool, loseThread: () => void): Promise<void> {
  const long = { epochs: 40, data: points(500) };
  const told: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => {
    told.push(event);
    if (event.type === 'step' && event.step === 40) setTimeout(loseThread, 10);
  };
  const { hash } = await tinyRun({ ...long, pool, onEvent });
  equal(told.flatMap((event) => (event.type === 'worker' ? [event.message] : [])).length, 1, 'losses');
  const steps = told.flatMap((event) => (event.type === 'step' ? [event.step] : []));
  equal(
    steps,
    Array.from(steps, (_, i) => i + 1),
    'steps',
  );
  equal(hash, (await tinyRun(long)).hash, 'the weights');
}

/** A long segment of training steps, stopped from outside once it is under way. */
async function stoppedSegment(pool: Pool): Promise<void> {
  const asked = 50_000;
  const threaded = trainingSession(pool);
  const running = threaded.run(asked);
  while (threaded.session.completed === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  threaded.session.stop();
  const results = await running;
  holds(results.length > 0 && results.length < asked, `${results.length} of ${asked} steps were done`);
  const alone = trainingSession(new InlinePool());
  const expected = await alone.run(results.length);
  equal(results.map(bits), expected.map(bits), 'losses and right answers');
  equal(await weightsHash(threaded.model), await weightsHash(alone.model), 'the weights');
  threaded.session.release();
  alone.session.release();
}

/** The pool ends while its workers are in the middle of a long segment. */
async function closedSegment(pool: Pool): Promise<void> {
  const { session, run } = trainingSession(pool);
  const ending = fails(() => run(50_000), 'WorkerError');
  while (session.completed === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await pool.close();
  await ending;
}

/** Training steps of a new network, as one segment; the caller releases the session. */
function trainingSession(pool: Pool): {
  model: nn.Module;
  session: Session;
  run: (steps: number) => Promise<Float32Array[]>;
} {
  const arena = defaultArena();
  const model = tinyNet();
  const optimizer = optimizers.sgd(model);
  const session = new Session({ arena, pool, hyperWords: optimizer.hyper(0).length });
  const data = shareData(points(50), session);
  const samples = 10;
  const program = new StepPrograms({ session, model, loss: crossEntropy, seed: 7 }).training(data, samples, optimizer);
  const plan = batches({ count: data.count, batchSize: samples });
  const run = (steps: number) =>
    session.run({
      steps: Array.from({ length: steps }, (_, step) => ({ program, step, samples })),
      fillIndices: (i, into) => plan.fill(i % plan.steps, into),
      hyper: (i, into) => into.set(new Uint32Array(optimizer.hyper(i).buffer)),
    });
  return { model, session, run };
}

function bits(values: Float32Array): number[] {
  return [...new Uint32Array(values.buffer, values.byteOffset, values.length)];
}

/** Kernel calls that cannot work: kernel number, argument count, arguments. */
const failures: readonly (readonly [what: string, call: readonly number[]])[] = [
  ['a kernel number out of range', [9999, 3, 0, 0, 0]],
  [
    'a kernel that reaches beyond the memory',
    [kernelNames.indexOf('sgd'), 5, 0xfffffff0 | 0, 0xfffffff0 | 0, 0, 64, 1024],
  ],
];

/** Runs a program of many empty tasks, the bad call and another phase; gives the message of the WorkerError. */
async function failingSegment(pool: Pool, call: readonly number[]): Promise<string> {
  const session = new Session({ arena: defaultArena(), pool, hyperWords: 0 });
  const bounds = new Int32Array(32);
  bounds.set([0, call.length], 10);
  const program: Program = {
    words: Int32Array.from(call),
    relocations: new Int32Array(),
    prologue: [],
    phases: [{ bounds }, { bounds: new Int32Array(32) }],
    checkedPhases: 0,
    scratchBytes: 64,
    blocks: [],
    report: { tasks: 32, calls: 1, workspaceBytes: 0 },
  };
  const steps = [{ program: session.add(program, []), step: 0, samples: 1 }];
  try {
    return await fails(() => session.run({ steps, fillIndices: (_, into) => into.fill(0) }), 'WorkerError');
  } finally {
    session.release();
  }
}
