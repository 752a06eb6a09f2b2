/** Steps whose loss or gradients are not finite: where they are seen, what is named, and the three things a run can do about them. */
import { Adam, manualSeed, nn, type Optimizer, SGD, type Tensor } from '@lockstep/core';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { NonFiniteEvent, TrainEvent } from '../src/train/events.ts';
import { findLearningRate } from '../src/train/find-learning-rate.ts';
import { NonFiniteError } from '../src/train/non-finite.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import type { TrainingState } from '../src/train/training-state.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

const pool = new NodePool({ workers: 3 });
afterAll(() => pool.close());

const batchSize = 8;
const features = 6;

/** `batches` batches of 8 points; the first of those in `bad` is so large that a product of it overflows. */
function points(batches: readonly number[], bad: readonly number[] = []): FeatureDataset {
  const labels = batches.flatMap((batch) => Array.from({ length: batchSize }, (_, i) => (batch + i) % 3));
  const values = batches.flatMap((batch) =>
    Array.from({ length: batchSize * features }, (_, i) =>
      bad.includes(batch) && i < features ? 3e38 : Math.sin(batch * 101 + i * 7),
    ),
  );
  return arrayDataset({ features: values, labels, shape: [features] });
}

const squares = (output: Tensor): Tensor => output.square().mean();

class Net extends nn.Module {
  readonly fc1 = new nn.Linear(features, 12);
  readonly norm = new nn.BatchNorm1d(12);
  readonly dropout = new nn.Dropout(0.3);
  readonly fc2 = new nn.Linear(12, 3);

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(this.norm.forward(this.fc1.forward(x)).relu()));
  }
}

interface Outcome {
  readonly hash: string;
  readonly buffers: readonly number[];
  readonly state: readonly number[];
  readonly steps: number;
  readonly events: readonly TrainEvent[];
  readonly error: unknown;
}

async function run(
  options: Partial<TrainOptions> & Pick<TrainOptions, 'data'> & { make?: (model: nn.Module) => Optimizer },
): Promise<Outcome> {
  const { make = (net) => new Adam(net.parameters(), { lr: 0.01 }), ...rest } = options;
  manualSeed(5);
  const model = rest.model ?? new Net();
  const optimizer = make(model);
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const common = { epochs: 2, batchSize, seed: 5, shuffle: false, advice: false, onEvent };
  const error = await train({ ...common, ...rest, model, optimizer }).catch((thrown: unknown) => thrown);
  return {
    hash: await weightsHash(model),
    buffers: [...model.namedBuffers()].flatMap(([, { data }]) => [...data]),
    state: [...optimizer.state.values()].flatMap((of) => Object.values(of).flatMap(({ data }) => [...data])),
    steps: optimizer.steps,
    events,
    error: error instanceof Error ? error : undefined,
  };
}

const notFinite = (events: readonly TrainEvent[]) =>
  events.filter((event): event is NonFiniteEvent => event.type === 'nonFinite');

/** √|a·x| of a layer of its own, whose gradient at x = 0 is not finite. */
class Root extends nn.Module {
  readonly before = new nn.Linear(features, 3);
  readonly rooted = new nn.Linear(features, 3, { bias: false });

  override forward(x: Tensor): Tensor {
    return this.before.forward(x).add(this.rooted.forward(x.mul(1)).abs().sqrt());
  }
}

/** The first sample of batch 2 is all zeros. */
function withZeros(): FeatureDataset {
  const data = points([0, 1, 2, 3]);
  data.features.fill(0, 2 * batchSize * features, (2 * batchSize + 1) * features);
  return data;
}

describe('stop', () => {
  test.each([
    { name: 'one thread', parts: {} },
    { name: 'three workers', parts: { pool, shards: 4 } },
  ])('names step, layer and pass, and leaves everything as before the step: $name', async ({ parts }) => {
    const stopped = await run({ data: points([0, 1, 2, 3], [2]), ...parts });
    const before = await run({ data: points([0, 1]), epochs: 1 });
    const { error } = stopped;
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ step: 3, epoch: 1, layer: 'fc1', pass: 'forward', loss: Number.NaN });
    expect((error as Error).message).toMatch(
      /^train: step 3 of epoch 1: a loss of NaN; first in rowsProduct of fc1 \(forward\): \d+ of 96 values are not finite, the first is (NaN|-?Infinity); lower the learning rate, clip the gradients \(clipGradNorm\), or leave such steps out \(onNonFinite: 'skip'\)$/,
    );
    expect(stopped.events.map(({ type }) => type)).toEqual(['step', 'step']);
    expect({ ...stopped, error: 0, events: 0 }).toEqual({ ...before, error: 0, events: 0 });
  });

  test('a gradient that is not finite is seen in its own step, though a loss of finite', async () => {
    manualSeed(5);
    const { error, events } = await run({ data: withZeros(), model: new Root(), pool });
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ step: 3, layer: 'rooted', pass: 'backward' });
    expect(Number.isFinite((error as NonFiniteError).loss)).toBe(true);
    expect((error as Error).message).toContain('but the gradient of rooted.weight is not finite (backward)');
    expect(events).toHaveLength(2);
  });

  test('a parameter that is not finite from the start is named as such', async () => {
    const model = new Net();
    model.fc2.weight.data[4] = Number.NEGATIVE_INFINITY;
    const { error } = await run({ data: points([0, 1]), model });
    expect((error as Error).message).toContain('first in the parameter fc2.weight (forward): 1 of 36 values');
  });

  test('another word is refused', async () => {
    const { error } = await run({ data: points([0]), onNonFinite: 'ignore' as never });
    expect(error).toEqual(new RangeError("onNonFinite must be 'stop', 'skip' or 'rollback', got ignore"));
  });

  test('a learning-rate test ends where a loss of no number', async () => {
    manualSeed(5);
    const model = new nn.Linear(features, 3);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const data = points([0, 1, 2, 3]);
    const limits = { startLr: 1, endLr: 1e30, steps: 20, divergence: Number.MAX_VALUE, smoothing: 0 };
    const curve = await findLearningRate(model, { optimizer, data, batchSize, loss: squares, ...limits });
    expect(curve.diverged).toBe(true);
    expect(curve.losses.length).toBeLessThan(20);
    expect(curve.losses.every(Number.isFinite)).toBe(true);
  });
});

describe('skip', () => {
  const data = () => points([0, 1, 2, 3, 4], [2, 3]);

  test('is the run without those batches, bit for bit', async () => {
    const skipped = await run({ data: data(), onNonFinite: 'skip' });
    const without = await run({ data: points([0, 1, 4]) });
    expect(notFinite(skipped.events).map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 2],
      [1, 2],
      [2, 5],
      [2, 5],
    ]);
    expect(notFinite(skipped.events)[0]!.finding).toMatch(/^a loss of NaN; first in rowsProduct of fc1/);
    const { hash, buffers, state, steps } = skipped;
    expect({ hash, buffers, state, steps, error: skipped.error }).toEqual({
      ...{ hash: without.hash, buffers: without.buffers, state: without.state, steps: 6 },
      error: undefined,
    });
    const numbers = skipped.events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    const ends = skipped.events.filter(({ type }) => type === 'epoch');
    const expected = without.events.filter(({ type }) => type === 'epoch');
    const sums = (events: readonly TrainEvent[]) => events.map((event) => ({ ...event, samplesPerSecond: 0 }));
    expect(sums(ends)).toEqual(sums(expected));
  });

  test.each([
    { name: 'workers and shards', options: { pool, shards: 3 } },
    { name: 'clipping', options: { clipGradNorm: 1e30 } },
  ])('the same bits with other $name', async ({ options }) => {
    const plain = await run({ data: data(), onNonFinite: 'skip', ...('clipGradNorm' in options ? options : {}) });
    const other = await run({ data: data(), onNonFinite: 'skip', ...options, pool });
    expect(other.hash).toBe(plain.hash);
    expect(other.buffers).toEqual(plain.buffers);
  });

  test('where nothing goes wrong it changes no bit', async () => {
    const [skip, stop] = [
      await run({ data: points([0, 1, 2]), onNonFinite: 'skip' }),
      await run({ data: points([0, 1, 2]) }),
    ];
    expect(skip.hash).toBe(stop.hash);
  });

  test('a gradient that is not finite is left out too', async () => {
    const model = () => {
      manualSeed(5);
      return new Root();
    };
    const skipped = await run({ data: withZeros(), model: model(), onNonFinite: 'skip', pool });
    const without = await run({ data: points([0, 1, 3]), model: model() });
    expect(skipped.hash).toBe(without.hash);
    expect(notFinite(skipped.events)[0]!.finding).toMatch(
      /^a loss of [\d.]+, but gradients are not finite; first in .* after rooted \(backward\)/,
    );
  });

  test('a run that is resumed anywhere ends in the same bits', async () => {
    const states: TrainingState[] = [];
    const whole = await run({
      data: data(),
      onNonFinite: 'skip',
      snapshotEvery: { steps: 1 },
      onSnapshot: (state) => void states.push(state),
    });
    expect(states.map(({ optimizer: { steps } }) => steps)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const resume of states) {
      const resumed = await run({ data: data(), onNonFinite: 'skip', resume });
      expect({ hash: resumed.hash, buffers: resumed.buffers, steps: resumed.steps }).toEqual({
        ...{ hash: whole.hash, buffers: whole.buffers, steps: 6 },
      });
    }
  });

  test('ends when every step would be left out', async () => {
    const batches = Array.from({ length: 110 }, (_, i) => i);
    const { error, events } = await run({ data: points(batches, batches), onNonFinite: 'skip' });
    expect((error as Error).message).toMatch(
      /^train: step 1 of epoch 1 after 100 steps left out in a row: a loss of NaN/,
    );
    expect(events).toHaveLength(100);
  });

  test('ends at once when a parameter is not finite', async () => {
    const model = new Net();
    model.fc1.weight.data[0] = Number.NaN;
    const { error } = await run({ data: points([0]), model, onNonFinite: 'skip' });
    expect((error as Error).message).toMatch(
      /^train: step 1 of epoch 1 cannot be left out: .* the parameter fc1.weight/,
    );
  });
});

describe('rollback', () => {
  /** Steps of this rate throw the weights so far that the next products overflow. */
  const sgd = (lr: number) => (model: nn.Module) => new SGD(model.parameters(), { lr });
  const linear = () => {
    manualSeed(5);
    return new nn.Linear(features, 3);
  };

  test('is the run with half the rate from the snapshot on', async () => {
    // The outputs grow by a factor a step: after 45 steps their squares overflow, with half the rate from step 30 on they do not.
    const data = points(Array.from({ length: 30 }, (_, i) => i));
    const options = { data, loss: squares };
    const back = await run({ ...options, model: linear(), make: sgd(3), onNonFinite: 'rollback', pool });
    const [event] = notFinite(back.events);
    expect(back.error).toBeUndefined();
    expect(event).toMatchObject({ action: 'rollback', lr: 1.5 });
    expect(event!.step).toBe(30);
    const states: TrainingState[] = [];
    const onSnapshot = (state: TrainingState) => void states.push(state);
    const first = { ...options, make: sgd(3), snapshotEvery: { epochs: 1 }, onSnapshot };
    expect((await run({ ...first, model: linear() })).error).toBeInstanceOf(NonFiniteError);
    const state = states.at(-1)!;
    expect(state.optimizer.steps).toBe(event!.step);
    const [group] = state.optimizer.groups;
    const halved = { ...group!, options: { ...group!.options, lr: 1.5 } };
    const resume = { ...state, optimizer: { ...state.optimizer, groups: [halved] } };
    const resumed = await run({ ...options, model: linear(), make: sgd(3), resume });
    expect(back.hash).toBe(resumed.hash);
    expect(back.steps).toBe(60);
  });

  test('gives up after three', async () => {
    const { error, events } = await run({
      data: points([0, 1, 2], [2]),
      model: linear(),
      make: sgd(0.1),
      onNonFinite: 'rollback',
    });
    expect((error as Error).message).toMatch(
      /^train: step 3 of epoch 1 after 3 ways back to a snapshot: a loss of Infinity/,
    );
    expect(notFinite(events).map(({ lr, step }) => [lr, step])).toEqual([
      [0.05, 0],
      [0.025, 0],
      [0.0125, 0],
    ]);
  });
});
