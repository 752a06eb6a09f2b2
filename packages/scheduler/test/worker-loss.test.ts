/** Workers that are lost at every place of a run: the bits and the events are those of the undisturbed run. */
import { Adam, manualSeed, nn, type Optimizer, SGD, type Tensor, WeightAverage } from '@lockstep/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import { type Pool, WorkerError } from '../src/pool/pool.ts';
import { evaluate } from '../src/train/evaluate.ts';
import type { TrainEvent, WorkerEvent } from '../src/train/events.ts';
import { earlyStopping } from '../src/train/known-callbacks.ts';
import { mcPredict } from '../src/train/mc-predict.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import type { TrainingState } from '../src/train/training-state.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import type { Segment } from '../src/worker/protocol.ts';
import { faultyPool, makeFaultyPool } from './faulty-pool.ts';
import type { Fault } from './faulty-worker.ts';
import { classes, features, points, tinyNet } from './tiny-problem.ts';

interface Problem {
  readonly model: () => nn.Module;
  readonly optimizer: (model: nn.Module) => Optimizer;
}

const problems = {
  'SGD with momentum and dropout': {
    model: () => tinyNet(),
    optimizer: (model) => new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
  },
  'Adam with batch normalisation and dropout': {
    model: () => {
      manualSeed(3);
      const hidden = [new nn.Linear(features, 12), new nn.BatchNorm1d(12), new nn.ReLU(), new nn.Dropout(0.3)];
      return new nn.Sequential(...hidden, new nn.Linear(12, classes));
    },
    optimizer: (model) => new Adam(model.parameters(), { lr: 0.01 }),
  },
} satisfies Record<string, Problem>;

interface Told {
  readonly hash: string;
  /** All bits of the run besides the parameters. */
  readonly state: readonly number[];
  readonly events: readonly TrainEvent[];
  readonly losses: readonly WorkerEvent[];
}

/** Two epochs of 4 steps, the last of 2 samples, with evaluations. */
async function run(problem: Problem, options: Partial<TrainOptions> = {}): Promise<Told> {
  const model = problem.model();
  const optimizer = problem.optimizer(model);
  const all: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => {
    options.onEvent?.(event);
    all.push(event);
  };
  const common = { data: points(50), test: points(20), epochs: 2, batchSize: 16, seed: 7, shards: 4 };
  await train({ ...common, ...options, model, optimizer, onEvent });
  const tensors = [
    ...[...model.namedBuffers()].map(([, buffer]) => buffer),
    ...optimizer.parameters.flatMap((parameter) => Object.values(optimizer.state.get(parameter)!)),
  ];
  return {
    hash: await weightsHash(model),
    state: tensors.flatMap(({ data }) => [...data]),
    events: withoutTime(all.filter(({ type }) => type !== 'worker')),
    losses: all.filter((event) => event.type === 'worker'),
  };
}

function withoutTime(events: readonly TrainEvent[]): TrainEvent[] {
  return events.map((event) => (event.type === 'epoch' ? { ...event, samplesPerSecond: 0 } : event));
}

function expectSame(told: Told, undisturbed: Told): void {
  const { losses: _, ...got } = told;
  const { losses: __, ...wanted } = undisturbed;
  expect(got).toEqual(wanted);
}

/** The segments of a run. */
async function segmentsOf(problem: Problem, options: Partial<TrainOptions> = {}): Promise<Segment[]> {
  const segments: Segment[] = [];
  class Watched extends InlinePool {
    override run(segment: Segment): Promise<void> {
      segments.push(segment);
      return super.run(segment);
    }
  }
  await run(problem, { ...options, pool: new Watched() });
  return segments;
}

describe.each(Object.entries(problems))('%s', (_, problem) => {
  test('a worker that exits or throws at any phase', async () => {
    const undisturbed = await run(problem);
    const segments = await segmentsOf(problem);
    const training = segments.find(({ hyperWords }) => hyperWords > 0)!.programs[0]!;
    const evaluation = segments.find(({ hyperWords }) => hyperWords === 0)!.programs.at(-1)!;
    const places: Omit<Fault, 'kind' | 'tokens'>[] = [];
    const points = ['before', 'after', 'barrier'] as const;
    const add = (where: Fault['in'], phases: number, step: number) => {
      for (let phase = 0; phase < phases; phase++)
        places.push({ in: where, phase, step, point: points[places.length % points.length]! });
    };
    // In the second epoch, so that there is something to bring back.
    add('training', training.phases.length, 5);
    add('prologue', training.prologue.length, 4);
    add('evaluation', evaluation.phases.length, 0);
    places.push({ in: 'training', step: 6, point: 'end' });
    expect(training.phases.length).toBeGreaterThan(1);
    const { pool, arm } = makeFaultyPool();
    for (const [i, place] of places.entries()) {
      arm({ ...place, kind: i % 2 === 0 ? 'exit' : 'throw' }, 1);
      const told = await run(problem, { pool });
      expect([place, told.losses.length]).toEqual([place, 1]);
      expect(told.losses[0]!.message).toMatch(/^a worker failed: (worker exited with code: 7|thrown by the test)$/);
      expectSame(told, undisturbed);
    }
  });
});

test.each([
  ['hang', 'training', 'SGD with momentum and dropout'],
  ['hang', 'evaluation', 'Adam with batch normalisation and dropout'],
  ['memory', 'training', 'Adam with batch normalisation and dropout'],
  ['memory', 'evaluation', 'SGD with momentum and dropout'],
] as const)('a worker with the fault %s in %s: %s', async (kind, where, name) => {
  const undisturbed = await run(problems[name]);
  const place = { in: where, step: where === 'training' ? 5 : 0, phase: 0, point: 'after' } as const;
  const hangSeconds = kind === 'hang' ? 2 : 30;
  const told = await run(problems[name], { pool: faultyPool({ ...place, kind }, { times: 1, hangSeconds }) });
  expect(told.losses.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(kind === 'hang' ? /no progress for 2\.\d s in phase 1 of item / : /memory/),
  );
  expectSame(told, undisturbed);
});

/** A clock that makes every copy of the tensors as dear as a segment, so that most losses lie many segments after the copy. */
function dearCopies(): void {
  let ms = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ms++);
  onTestFinished(() => clock.mockRestore());
}

const adam = problems['Adam with batch normalisation and dropout'];

test.each([
  ['rates that were lowered since', { reduceLrOnPlateau: { patience: 0, threshold: 0.9 } }],
  [
    'a schedule and dropout that changes',
    { lrSchedule: { kind: 'exponential', gamma: 0.9 }, dropoutSchedule: { kind: 'linear', steps: 9 } },
  ],
] as const)('steps of several epochs run again, with %s', async (_, given) => {
  const options = (): Partial<TrainOptions> => ({
    ...given,
    epochs: 4,
    // Segments of one step.
    snapshotEvery: { steps: 1 },
    onSnapshot: () => {},
  });
  const undisturbed = await run(adam, options());
  dearCopies();
  const pool = faultyPool({ kind: 'throw', in: 'training', step: 9, phase: 1, point: 'after' }, { times: 1 });
  const told = await run(adam, { ...options(), pool });
  expect(told.losses.map(({ step, replayed }) => [step, replayed])).toEqual([[9, 9]]);
  expectSame(told, undisturbed);
});

test('weights that a follower wrote between steps stay written, with callbacks that keep others', async () => {
  const runOf = (pool?: Pool) => {
    const model = adam.model();
    const [weight] = model.parameters();
    return run(
      { ...adam, model: () => model },
      {
        callbacks: [earlyStopping({ patience: 1, restoreBest: true })],
        onEvent(event) {
          if (event.type === 'step' && event.step === 6) weight!.copyFrom(weight!.data.map((value) => value / 2));
        },
        epochs: 4,
        snapshotEvery: { steps: 1 },
        onSnapshot: () => {},
        ...(pool ? { pool } : {}),
      },
    );
  };
  const undisturbed = await runOf();
  expect(undisturbed.hash).not.toBe((await run(adam, { epochs: 4 })).hash);
  dearCopies();
  const told = await runOf(
    faultyPool({ kind: 'throw', in: 'training', step: 9, phase: 1, point: 'after' }, { times: 1 }),
  );
  // The copy is one of after the write.
  expect(told.losses.map(({ step, replayed }) => [step, replayed])).toEqual([[9, 3]]);
  expectSame(told, undisturbed);
});

test('a running average survives a loss in the evaluation that uses it', async () => {
  const options = (model: nn.Module): Partial<TrainOptions> => ({
    average: new WeightAverage(model.parameters(), { kind: 'ema', decay: 0.9 }),
    evaluateAverage: true,
  });
  const runOf = async (pool?: Pool) => {
    const model = adam.model();
    const averaged = options(model);
    const told = await run({ ...adam, model: () => model }, { ...averaged, ...(pool ? { pool } : {}) });
    return { ...told, averages: [...averaged.average!.averages.values()].map(({ data }) => [...data]) };
  };
  const undisturbed = await runOf();
  const pool = faultyPool({ kind: 'exit', in: 'evaluation', step: 0, point: 'end' }, { times: 2 });
  const told = await runOf(pool);
  expect(told.losses).toHaveLength(2);
  expectSame(told, undisturbed);
});

test('a step in micro-batches begins anew, whatever of its gradients was added up', async () => {
  const options = { accumulate: 4 };
  const undisturbed = await run(adam, options);
  const segments = await segmentsOf(adam, options);
  const { phases } = segments.find(({ hyperWords }) => hyperWords > 0)!.programs[0]!;
  const { pool, arm } = makeFaultyPool();
  for (let phase = 0; phase < phases.length; phase++) {
    arm({ kind: 'exit', in: 'training', step: 5, phase, point: 'after' }, 1);
    const told = await run(adam, { ...options, pool });
    expect(told.losses).toHaveLength(1);
    expectSame(told, undisturbed);
  }
});

test('losses at one place take workers away, and the run goes on', async () => {
  const undisturbed = await run(adam);
  const pool = faultyPool({ kind: 'exit', in: 'training', step: 5, point: 'end' }, { times: 6, workers: 4 });
  const told = await run(adam, { pool });
  expect(told.losses.map(({ workers }) => workers)).toEqual([4, 4, 2, 2, 2, 1]);
  expectSame(told, undisturbed);
});

test('a fault that comes always ends the run with its cause, and with the state that was told of', async () => {
  const pool = faultyPool({ kind: 'throw', in: 'training', step: 5, phase: 1, point: 'after' });
  const model = adam.model();
  const states: [string, TrainingState][] = [];
  const told: TrainEvent[] = [];
  const options = { data: points(50), epochs: 2, batchSize: 16, seed: 7 };
  const running = train({
    ...{ ...options, model, optimizer: adam.optimizer(model), pool },
    snapshotEvery: { steps: 1 },
    onSnapshot: (state, reason) => states.push([reason, state]),
    onEvent: (event) => told.push(event),
  });
  await expect(running).rejects.toThrow(
    new WorkerError('training after step 5 cannot be done: 3 times in a row a worker failed: thrown by the test'),
  );
  expect(pool.workers).toBe(1);
  expect(told.filter(({ type }) => type === 'step')).toHaveLength(5);
  const [reason, state] = states.at(-1)!;
  expect([reason, state.optimizer.steps, state.progress.stepsDone]).toEqual(['failure', 5, 1]);
  expect(state.tensors).toEqual(states.at(-2)![1].tensors);
  // Another process goes on from it to the end of the undisturbed run.
  const [resumed, whole] = [adam.model(), adam.model()];
  await train({ ...options, model: resumed, optimizer: adam.optimizer(resumed), resume: state });
  await train({ ...options, model: whole, optimizer: adam.optimizer(whole) });
  expect(await weightsHash(resumed)).toBe(await weightsHash(whole));
});

test('a stop while a loss is made good ends the run with the weights of the steps it tells', async () => {
  // Segments of one step.
  const single = { snapshotEvery: { steps: 1 }, onSnapshot: () => {} };
  const stop = new AbortController();
  const pool = faultyPool({ kind: 'throw', in: 'training', step: 5, point: 'end' }, { times: 1 });
  const onEvent = ({ type }: TrainEvent) => type === 'worker' && stop.abort();
  const told = await run(adam, { ...single, pool, signal: stop.signal, onEvent });
  expect(told.losses).toHaveLength(1);
  const steps = told.events.filter(({ type }) => type === 'step');
  // The step that was lost is done, or is not begun.
  expect([5, 6]).toContain(steps.length);
  const shorter = new AbortController();
  const stopAfter = ({ step }: TrainEvent) => step === steps.length && shorter.abort();
  expectSame(told, await run(adam, { ...single, signal: shorter.signal, onEvent: stopAfter }));
});

test('evaluations and predictions run again, and end with the cause of a fault that stays', async () => {
  const [model, data] = [tinyNet(), points(600)];
  const fault = { kind: 'exit', in: 'evaluation', step: 1, phase: 0, point: 'after' } as const;
  const metrics = ['auroc', 'confusionMatrix'] as const;
  const undisturbed = await evaluate({ model, data, metrics });
  expect(await evaluate({ model, data, metrics, pool: faultyPool(fault, { times: 1 }) })).toEqual(undisturbed);
  await expect(evaluate({ model, data, pool: faultyPool(fault) })).rejects.toThrow(
    new WorkerError('the evaluation cannot be done: 3 times in a row a worker failed: worker exited with code: 7'),
  );
  const valuesOf = async (pool: Pool) => {
    const { mean, std } = await mcPredict(model, data, { samples: 4, pool });
    return [mean, std].map((of: Tensor) => [...of.data]);
  };
  const inPasses = { ...fault, in: 'training', step: 2 } as const;
  expect(await valuesOf(faultyPool(inPasses, { times: 1 }))).toEqual(await valuesOf(new InlinePool()));
});

test('workers come and go while a model is trained, and no bit shows it', async () => {
  const undisturbed = await run(adam, { epochs: 4 });
  const pool = new NodePool({ workers: 1 });
  onTestFinished(() => pool.close());
  const counts: number[] = [];
  const onEvent = ({ type, step }: TrainEvent) => {
    if (type === 'step' && step === 3) pool.resize(3);
    if (type === 'evaluation' && step === 8) pool.resize(2);
    counts.push(pool.workers);
  };
  const told = await run(adam, { epochs: 4, pool, onEvent, snapshotEvery: { steps: 1 }, onSnapshot: () => {} });
  expect([...new Set(counts)]).toEqual([1, 3, 2]);
  expectSame(told, undisturbed);
  expect(() => pool.resize(0)).toThrow(new RangeError('workers: expected an integer ≥ 1, got 0'));
});

test('a pool that is closed is not tried again', async () => {
  const pool = new NodePool({ workers: 2 });
  const told: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => {
    told.push(event);
    void pool.close();
  };
  await expect(run(adam, { pool, epochs: 50, onEvent })).rejects.toThrow(WorkerError);
  expect(told.filter(({ type }) => type === 'worker')).toEqual([]);
});
