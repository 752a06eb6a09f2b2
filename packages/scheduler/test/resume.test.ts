/** Resuming: from every place of a run, with other workers and shards, the rest is the same to the bit, in tensors and in events. */
import { Adam, crossEntropy, full, nn, readSafetensors, type Tensor } from '@lockstep/core';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { TrainEvent } from '../src/train/events.ts';
import { earlyStopping, logger } from '../src/train/known-callbacks.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { encoded, expectSameState, problem, problems, run, stored } from './resume-problems.ts';
import { optimizers, points } from './tiny-problem.ts';

const pools = [1, 3].map((workers) => new NodePool({ workers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));
/** Ways to cut the work, none of which may show. */
const cuts: Partial<TrainOptions>[] = [
  {},
  { shards: 1 },
  { shards: 5, pool: pools[0]! },
  { shards: 7, pool: pools[1]! },
];
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
