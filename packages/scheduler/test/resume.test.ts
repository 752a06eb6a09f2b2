/** Resuming: from every place of a run, with other workers and shards, the rest is the same to the bit, in tensors and in events. */
import {
  Adam,
  crossEntropy,
  full,
  manualSeed,
  mixup,
  NAdam,
  nn,
  type Optimizer,
  readSafetensors,
  SGD,
  type Tensor,
  WeightAverage,
} from '@lockstep/core';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { TrainCallback } from '../src/train/callbacks.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { bestCheckpoint, earlyStopping, logger } from '../src/train/known-callbacks.ts';
import type { TrainOptions } from '../src/train/options.ts';
import type { SnapshotReason } from '../src/train/snapshots.ts';
import { decodeTrainingState, encodeTrainingState } from '../src/train/state-file.ts';
import { train } from '../src/train/trainer.ts';
import type { TrainingState } from '../src/train/training-state.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { classes, features, optimizers, points, tinyNet } from './tiny-problem.ts';

const pools = [1, 3].map((workers) => new NodePool({ workers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));
/** Ways to cut the work, none of which may show. */
const cuts: Partial<TrainOptions>[] = [
  {},
  { shards: 1 },
  { shards: 5, pool: pools[0]! },
  { shards: 7, pool: pools[1]! },
];

interface Problem {
  readonly model?: (seed: number) => nn.Module;
  readonly optimizer: (model: nn.Module) => Optimizer;
  readonly average?: (model: nn.Module) => WeightAverage;
  readonly callbacks?: () => readonly TrainCallback[];
  readonly options?: Partial<TrainOptions>;
}

function normalizedNet(seed: number): nn.Module {
  manualSeed(seed);
  const hidden = [new nn.Linear(features, 12), new nn.BatchNorm1d(12), new nn.ReLU(), new nn.Dropout(0.3)];
  return new nn.Sequential(...hidden, new nn.Linear(12, classes));
}

const data = points(50);
const plateau = { patience: 0, factor: 0.5, threshold: 100, thresholdMode: 'abs' } as const;

const problems: Record<string, Problem> = {
  'SGD with momentum and dropout': { optimizer: optimizers.sgd },
  'Adam, dropout by a schedule': {
    optimizer: optimizers.adam,
    options: { dropoutSchedule: { kind: 'linear', steps: 9 } },
  },
  'buffers of batch normalisation': { model: normalizedNet, optimizer: optimizers.sgd, options: { test: points(20) } },
  'a one-cycle schedule of rate and momentum': {
    optimizer: optimizers.adam,
    options: { lrSchedule: { kind: 'oneCycle', totalSteps: 12 } },
  },
  'a schedule of epochs, gradients clipped': {
    optimizer: (model) => new NAdam(model.parameters(), { lr: 0.01, maxNorm: 1 }),
    options: { lrSchedule: { kind: 'exponential', gamma: 0.5, unit: 'epoch' }, clipGradNorm: 0.5 },
  },
  'a plateau policy': { optimizer: optimizers.sgd, options: { test: points(20), reduceLrOnPlateau: plateau } },
  'a moving average of the weights, evaluated': {
    optimizer: optimizers.adam,
    average: (model) => new WeightAverage(model.parameters(), { kind: 'ema', decay: 0.9, warmup: true }),
    options: { test: points(20), evaluateAverage: true },
  },
  'a mean of the weights from an epoch on, in file order': {
    optimizer: optimizers.muon,
    average: (model) => new WeightAverage(model.parameters(), { kind: 'swa', startEpoch: 2 }),
    options: { shuffle: false, seed: 2n ** 60n + 1n },
  },
};

problems['early stopping with the best weights back, a part held out, classes drawn alike'] = {
  optimizer: optimizers.sgd,
  // No epoch is better than the first by so much.
  callbacks: () => [
    logger({ write: () => {} }),
    earlyStopping({ patience: 2, minDelta: 100, restoreBest: true }),
    bestCheckpoint({ monitor: 'trainLoss', save: () => {} }),
  ],
  options: {
    validationSplit: 0.2,
    sampler: { kind: 'weighted', weights: 'balanced' },
    classWeights: 'balanced',
    metrics: ['f1'],
    epochs: 9,
  },
};

problems['mixup of samples drawn by weights of their own'] = {
  optimizer: optimizers.sgd,
  options: { augment: [mixup()], sampler: { kind: 'weighted', weights: Array.from({ length: 50 }, (_, i) => i / 3) } },
};

interface Snapshot {
  readonly state: TrainingState;
  readonly reason: SnapshotReason;
  /** Events that came before it. */
  readonly events: number;
}

/** Runs the problem in fresh objects; `seed` makes their first values, which a resumed run must not depend on. */
async function run(problem: Problem, options: Partial<TrainOptions> & { initial?: number } = {}) {
  const { initial = 7, ...more } = options;
  const model = (problem.model ?? tinyNet)(initial);
  const optimizer = problem.optimizer(model);
  const average = problem.average?.(model);
  const callbacks = problem.callbacks?.();
  const events: object[] = [];
  const snapshots: Snapshot[] = [];
  const result = await train({
    model,
    optimizer,
    ...(average ? { average } : {}),
    ...(callbacks ? { callbacks } : {}),
    data,
    epochs: 3,
    batchSize: 16,
    seed: 7,
    snapshotEvery: { epochs: 1 },
    onSnapshot: (state, reason) => snapshots.push({ state, reason, events: events.length }),
    ...problem.options,
    ...more,
    onEvent: (event) => {
      events.push(timeless(event));
      more.onEvent?.(event);
    },
  });
  const { samplesPerSecond: _, ...rest } = result;
  return { model, optimizer, events, snapshots, result: rest, final: snapshots.at(-1)?.state ?? more.resume! };
}

function timeless(event: TrainEvent): object {
  const { samplesPerSecond: _, ...rest } = { samplesPerSecond: 0, ...event };
  return rest;
}

/** Through the two files, as a later process gets it. */
async function stored(state: TrainingState): Promise<TrainingState> {
  return (await decodeTrainingState(await encodeTrainingState(state))).state;
}

const encoded = async (state: TrainingState) => (await decodeTrainingState(await encodeTrainingState(state))).manifest;

function expectSameState(got: TrainingState, expected: TrainingState): void {
  const { tensors, ...rest } = got;
  expect(rest).toEqual({ ...expected, tensors: undefined });
  expect(Buffer.compare(tensors, expected.tensors)).toBe(0);
}

describe.each(Object.entries(problems))('%s', (_, problem) => {
  test('goes on from every step and every epoch to the same bits and events', async () => {
    const whole = await run(problem, { snapshotEvery: { steps: 1, epochs: 1 } });
    const undisturbed = await run(problem);
    expectSameState(whole.final, undisturbed.final);
    expect(whole.events).toEqual(undisturbed.events);
    expect(whole.result.epochs).toBe(3);
    const stepsPerEpoch = whole.result.steps / 3;
    expect(whole.snapshots.map(({ reason }) => reason)).toEqual(
      [1, 2, 3].flatMap(() => [...Array(stepsPerEpoch).fill('steps'), 'epoch']),
    );
    const hash = await weightsHash(whole.model);
    for (const [i, { state, events }] of whole.snapshots.slice(0, -1).entries()) {
      const resumed = await run(problem, { ...cuts[i % cuts.length], initial: 99, resume: await stored(state) });
      expect(resumed.events).toEqual(whole.events.slice(events));
      expect(resumed.result).toEqual(whole.result);
      expectSameState(resumed.final, whole.final);
      expect(await weightsHash(resumed.model)).toBe(hash);
    }
  });
});

const problem = problems['buffers of batch normalisation']!;

describe('a run that its signal ends', () => {
  const total = 3 * (4 + 2);
  test.each(Array.from({ length: total }, (_, i) => i + 1))('at event %i of 18 goes on', async (at) => {
    const whole = await run(problem);
    expect(whole.events).toHaveLength(total);
    const [first, second] = [new AbortController(), new AbortController()];
    let seen = 0;
    const stopAt = (controller: AbortController, count: number) => () => {
      if (++seen === count) queueMicrotask(() => controller.abort());
    };
    const stopped = await run(problem, { signal: first.signal, onEvent: stopAt(first, at) });
    const { state, reason } = stopped.snapshots.at(-1)!;
    if (seen < total) expect({ reason, stopped: stopped.result.stopped }).toEqual({ reason: 'stop', stopped: true });
    seen = 0;
    const again = await run(problem, { initial: 8, resume: state, signal: second.signal, onEvent: stopAt(second, 3) });
    const last = await run(problem, { initial: 9, resume: again.final });
    expect([...stopped.events, ...again.events, ...last.events]).toEqual(whole.events);
    expectSameState(last.final, whole.final);
  });
});

test('snapshots by steps come after exactly those steps, by minutes when the time has passed', async () => {
  const { snapshots } = await run(problem, { snapshotEvery: { steps: 5 } });
  expect(snapshots.map(({ state }) => state.optimizer.steps)).toEqual([5, 10]);
  const often = await run(problem, { snapshotEvery: { minutes: 1e-9 } });
  expect(often.snapshots.length).toBeGreaterThanOrEqual(3);
  expect(new Set(often.snapshots.map(({ reason }) => reason))).toEqual(new Set(['minutes']));
  const rarely = await run(problem, { snapshotEvery: { minutes: 10, epochs: 3 } });
  expect(rarely.snapshots.map(({ reason }) => reason)).toEqual(['epoch']);
});

test('a snapshot is a copy: steps after it do not change it', async () => {
  const { snapshots, final } = await run(problem, { snapshotEvery: { epochs: 1 } });
  const weights = ({ tensors, weights: { from, to } }: TrainingState) => tensors.slice(from, to).join();
  expect(new Set([...snapshots.map(({ state }) => weights(state))]).size).toBe(3);
  expect(weights(final)).toBe(weights(snapshots[2]!.state));
});

test('a run can be made longer', async () => {
  const whole = await run(problem);
  const short = await run(problem, { epochs: 2 });
  const longer = await run(problem, { resume: short.final, initial: 3 });
  expect([...short.events, ...longer.events]).toEqual(whole.events);
  expectSameState(longer.final, whole.final);
});

test('the optimizer takes the saved options: a rate that was changed by hand is kept', async () => {
  const first = await run({ optimizer: optimizers.adam }, { epochs: 1 });
  const state = { ...first.final, optimizer: structuredClone(first.final.optimizer) };
  Object.assign(state.optimizer.groups[0]!.options, { lr: 0.123 });
  const { optimizer } = await run({ optimizer: optimizers.adam }, { resume: state });
  expect(optimizer.lr).toBe(0.123);
});

describe('callbacks', () => {
  const stopping = problems['early stopping with the best weights back, a part held out, classes drawn alike']!;

  test('that have ended the run end the resumed one too, with the best weights back', async () => {
    const whole = await run(stopping);
    const { tensors } = readSafetensors(whole.final.tensors);
    const weights = whole.final.tensors.slice(whole.final.weights.from, whole.final.weights.to);
    const first = [...tensors]
      .filter(([name]) => name.startsWith('callback.1.best.'))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    expect(Buffer.concat(first.map(([, { bytes }]) => bytes)).equals(weights)).toBe(false);
    const resumed = await run(stopping, { resume: await stored(whole.final), initial: 2 });
    expect(resumed.events).toEqual([]);
    expect(resumed.result).toEqual(whole.result);
    expect(resumed.result.stopped).toBe(true);
    expect(await weightsHash(resumed.model)).toBe(await weightsHash(whole.model));
    expect(await weightsHash(whole.model)).not.toBe((await encoded(whole.final)).weightsHash);
  });

  test('ended in the evaluation of the last epoch: it is made up for', async () => {
    const monitor = { monitor: 'trainLoss', minDelta: 100, patience: 1 } as const;
    const problem = {
      optimizer: optimizers.sgd,
      callbacks: () => [earlyStopping(monitor)],
      options: { test: points(20) },
    };
    const whole = await run(problem);
    expect(whole.result.epochs).toBe(2);
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'epoch' && event.epoch === 2) queueMicrotask(() => controller.abort());
    };
    const stopped = await run(problem, { signal: controller.signal, onEvent });
    const resumed = await run(problem, { resume: stopped.final, initial: 1 });
    expect([...stopped.events, ...resumed.events]).toEqual(whole.events);
    expect(resumed.events).toHaveLength(1);
  });

  test('are as many as before', async () => {
    const { final } = await run(stopping);
    const one = { ...stopping, callbacks: () => [logger({ write: () => {} })] };
    await expect(run(one, { resume: final })).rejects.toThrow(/a run with 3 callbacks, this one has 1/);
  });
});

test('tensors have the names of PyTorch, and the manifest the hash of the weights', async () => {
  const { final, model } = await run({
    optimizer: (net) => new Adam(net.parameters(), { lr: 0.01 }),
    model: normalizedNet,
  });
  const { tensors } = readSafetensors(final.tensors);
  expect([...tensors.keys()].filter((name) => name.startsWith('model.')).sort()).toEqual(
    Object.keys(model.stateDict())
      .map((name) => `model.${name}`)
      .sort(),
  );
  expect([...tensors.keys()].filter((name) => name.startsWith('optimizer.0'))).toEqual([
    'optimizer.0.exp_avg',
    'optimizer.0.exp_avg_sq',
  ]);
  expect([...tensors.keys()]).toContain('model.1.running_mean');
  const { manifest } = await decodeTrainingState(await encodeTrainingState(final, { config: { lr: 0.01 } }));
  expect(manifest).toMatchObject({ step: 12, config: { lr: 0.01 }, weightsHash: await weightsHash(model) });
});

test('a parameter of the loss, which is not in the model, is part of the state', async () => {
  const parts = () => {
    const scale = new nn.Parameter(full([1], 2));
    const loss = (output: Tensor, target: Tensor<'i32'>) => crossEntropy(output.mul(scale), target);
    return { scale, problem: { optimizer: adamOf(scale), options: { loss } } };
  };
  const adamOf = (scale: nn.Parameter) => (model: nn.Module) => new Adam([...model.parameters(), scale], { lr: 0.01 });
  const whole = parts();
  const { snapshots } = await run(whole.problem);
  const again = parts();
  await run(again.problem, { resume: snapshots[0]!.state });
  expect(whole.scale.item()).not.toBe(2);
  expect(again.scale.item()).toBe(whole.scale.item());
});

describe('a state that does not fit is refused', () => {
  const attempt = async (options: Partial<TrainOptions>, other: Problem = problem) => {
    const { final } = await run(problem, { epochs: 1 });
    return run(other, { resume: final, ...options });
  };

  test('another order of samples', async () => {
    await expect(attempt({ batchSize: 8 })).rejects.toThrow(
      /resume: the state belongs to a run with batchSize 16, not 8;/,
    );
    await expect(attempt({ seed: 8 })).rejects.toThrow(/seed 7, not 8/);
    await expect(attempt({ shuffle: false })).rejects.toThrow(/shuffle true, not false/);
    await expect(attempt({ data: points(51) })).rejects.toThrow(/samples 50, not 51/);
    await expect(attempt({ sampler: { kind: 'weighted', weights: 'balanced' } })).rejects.toThrow(
      /sampler none, not balanced/,
    );
    const held = { data: points(100), validationSplit: 0.5, ...({ test: undefined } as object) };
    await expect(attempt(held)).rejects.toThrow(/validationSplit none, not \{"fraction":0.5/);
  });

  test('other weights of the draws, and other augmentation', async () => {
    const drawn = (last: number): Problem => ({
      ...problem,
      options: { sampler: { kind: 'weighted', weights: [...Array(49).fill(1), last] } },
    });
    const { final } = await run(drawn(1), { epochs: 1 });
    await expect(run(drawn(1 + 2 ** -52), { resume: final })).rejects.toThrow(
      /sampler weights ([0-9a-f]{64}), not weights (?!\1)[0-9a-f]{64};/,
    );
    await expect(attempt({ augment: [mixup({ alpha: 0.5 })] })).rejects.toThrow(
      /augment none, not \[\{"kind":"mixup","alpha":0.5,"p":1\}\]/,
    );
    const mixed = await run(problem, { epochs: 1, augment: [mixup()] });
    await expect(attempt({ resume: mixed.final, augment: [mixup({ p: 0.5 })] })).rejects.toThrow(
      /"alpha":0.2,"p":1\}\], not \[/,
    );
    await expect(attempt({ resume: mixed.final })).rejects.toThrow(/augment \[.*\], not none/);
  });

  test('another model, optimizer or average', async () => {
    await expect(attempt({}, { ...problem, model: tinyNet })).rejects.toThrow(
      /resume: the state is that of another model/,
    );
    await expect(attempt({}, { ...problem, optimizer: optimizers.adam })).rejects.toThrow(
      /optimizer\.0\.exp_avg is missing.*optimizer\.0\.momentum_buffer is nothing of this run/,
    );
    const plain = { ...problem, optimizer: (model: nn.Module) => new SGD(model.parameters(), { lr: 0.1 }) };
    await expect(attempt({}, plain)).rejects.toThrow(/momentum_buffer is nothing of this run/);
    const average = (model: nn.Module) => new WeightAverage(model.parameters(), { kind: 'swa', startEpoch: 1 });
    await expect(attempt({}, { ...problem, average })).rejects.toThrow(/the state has the weight average none/);
  });

  test('and nothing is changed then', async () => {
    const { final } = await run(problem, { epochs: 1 });
    const model = tinyNet();
    const before = await weightsHash(model);
    const optimizer = optimizers.sgd(model);
    await expect(train({ model, optimizer, data, epochs: 2, batchSize: 16, seed: 7, resume: final })).rejects.toThrow(
      /another model/,
    );
    expect(await weightsHash(model)).toBe(before);
    expect(optimizer.steps).toBe(0);
  });

  test('intervals that make no sense', async () => {
    for (const [snapshotEvery, message] of [
      [{ steps: 0 }, 'steps must be an integer ≥ 1, got 0'],
      [{ epochs: 1.5 }, 'epochs must be an integer ≥ 1, got 1.5'],
      [{ minutes: 0 }, 'minutes must be a number above 0, got 0'],
    ] as const) {
      await expect(run(problem, { snapshotEvery })).rejects.toThrow(new RangeError(`snapshotEvery: ${message}`));
    }
  });
});

describe('files', () => {
  const files = async () => encodeTrainingState((await run(problem, { epochs: 1 })).final);

  test('keep numbers that JSON does not have', async () => {
    const { final } = await run(problem, { epochs: 1 });
    const progress = { ...final.progress, trainLoss: Number.NaN, sums: { loss: -0, right: 0, samples: 0 } };
    const odd: TrainingState = {
      ...final,
      progress,
      order: { ...final.order, seed: 2n ** 63n },
      plateau: { best: Number.POSITIVE_INFINITY, numBadEpochs: 0, cooldownCounter: 0 },
    };
    expectSameState(await stored(odd), odd);
  });

  test('a changed byte anywhere is found', async () => {
    const { manifest, tensors } = await files();
    for (let at = 0; at < tensors.length; at += 97) {
      const damaged = tensors.slice();
      damaged[at]! ^= 1;
      await expect(decodeTrainingState({ manifest, tensors: damaged })).rejects.toThrow(/tensors have the hash/);
    }
    for (let at = 0; at < manifest.length; at += 29) {
      if (/\s/.test(manifest[at]!)) continue;
      const damaged = `${manifest.slice(0, at)}${manifest[at] === '7' ? '8' : '7'}${manifest.slice(at + 1)}`;
      await expect(decodeTrainingState({ manifest: damaged, tensors })).rejects.toThrow(/training state: /);
    }
  });

  test('files that are cut off, and formats to come, are refused', async () => {
    const { manifest, tensors } = await files();
    await expect(decodeTrainingState({ manifest, tensors: tensors.slice(0, -1) })).rejects.toThrow(
      /the file is cut off/,
    );
    await expect(decodeTrainingState({ manifest: manifest.slice(0, 200), tensors })).rejects.toThrow(/or damaged/);
    await expect(decodeTrainingState({ manifest: '', tensors })).rejects.toThrow(/or damaged/);
  });

  test('values that are none are refused, also with the hash that belongs to them', async () => {
    const { manifest, tensors } = await files();
    const { manifest: content } = JSON.parse(manifest) as { manifest: { state: Record<string, unknown> } };
    const refused = async (change: object): Promise<string> => {
      const text = JSON.stringify({ ...content, state: { ...content.state, ...change } });
      const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
      const forged = `{"sha256":"${Buffer.from(digest).toString('hex')}","manifest":${text}}`;
      return decodeTrainingState({ manifest: forged, tensors }).then(
        () => 'read',
        (error: Error) => `${error.name} ${error.message}`,
      );
    };
    expect(await refused({})).toBe('read');
    expect(await refused({ progress: { epoch: 0 } })).toMatch(
      /^FormatError training state: state\.progress\.epoch: expected >=1/,
    );
    expect(await refused({ optimizer: null })).toMatch(/state\.optimizer: expected Object, got null/);
    expect(await refused({ callbacks: { ended: false, values: 7 } })).toMatch(
      /state\.callbacks\.values: expected Array/,
    );
    expect(await refused({ order: { seed: { $bigint: '9'.repeat(10 ** 6) } } })).toMatch(/^FormatError .*or damaged/);
    expect(await refused({ average: { updates: { $number: 'x' } } })).toMatch(/^FormatError .*or damaged/);
  });
});
