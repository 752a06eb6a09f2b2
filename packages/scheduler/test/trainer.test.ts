/** The training loop: what it tells, what it leaves behind, and that no bit depends on shards or workers. */
import { Adam, crossEntropy, type DropoutSchedule, manualSeed, nn, SGD, tensor } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { expectBitsEqual } from '@lockstep/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import type { TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { inEvaluationMode, plannedShards } from '../src/train/step-programs.ts';
import { train } from '../src/train/trainer.ts';
import { classes, features, points, tinyNet, tinyRun } from './tiny-problem.ts';

function brief(event: TrainEvent): string {
  if (event.type === 'step') return `step ${event.step}: ${event.samples} (${event.epochSamples}/${event.epochSize})`;
  return `${event.type} ${event.epoch} after step ${event.step}`;
}

describe('events', () => {
  test('come in the order of the run, with remainder batches as they are', async () => {
    const events: TrainEvent[] = [];
    const data = points(10);
    await tinyRun({ data, test: data, batchSize: 4, onEvent: (event) => events.push(event) });
    expect(events.map(brief)).toEqual([
      'step 1: 4 (4/10)',
      'step 2: 4 (8/10)',
      'step 3: 2 (10/10)',
      'epoch 1 after step 3',
      'evaluation 1 after step 3',
      'step 4: 4 (4/10)',
      'step 5: 4 (8/10)',
      'step 6: 2 (10/10)',
      'epoch 2 after step 6',
      'evaluation 2 after step 6',
    ]);
  });

  test('the loss of an epoch is the mean over its samples, not over its batches', async () => {
    const events: TrainEvent[] = [];
    const { result } = await tinyRun({ data: points(10), batchSize: 4, epochs: 1, onEvent: (e) => events.push(e) });
    const steps = events.filter((event) => event.type === 'step');
    const mean = steps.reduce((sum, { loss, samples }) => sum + loss * samples, 0) / 10;
    expect(result.trainLoss).toBeCloseTo(mean, 12);
    expect(result).toMatchObject({ steps: 3, epochs: 1, stopped: false, test: undefined });
  });
});

describe('a remainder batch', () => {
  test('is exact: 10 samples in batches of 4 are what eager steps on 4, 4 and 2 samples give', async () => {
    const data = points(10);
    const build = () => {
      manualSeed(7);
      const model = new MLP([features], classes, { hidden: [16], dropout: 0 });
      return { model, optimizer: new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }) };
    };
    const trained = build();
    await train({ ...trained, data, epochs: 1, batchSize: 4, shuffle: false });
    const eager = build();
    for (const [from, to] of [
      [0, 4],
      [4, 8],
      [8, 10],
    ] as const) {
      const x = tensor(data.features.slice(from * features, to * features)).reshape([to - from, features]);
      const y = tensor(data.labels.slice(from, to), { dtype: 'i32' });
      eager.optimizer.zeroGrad();
      crossEntropy(eager.model.forward(x), y).backward();
      eager.optimizer.step();
    }
    trained.model.parameters().forEach((parameter, i) => {
      expectBitsEqual(parameter.data as Float32Array, eager.model.parameters()[i]!.data as Float32Array);
    });
  });
});

describe('modes', () => {
  test('evaluation gives every module the mode back that it had', async () => {
    const model = new nn.Sequential(new nn.Linear(6, 8), new nn.Dropout(0.5), new nn.Linear(8, 3));
    const frozen = [...model.namedModules()].map(([, module]) => module).at(2)!;
    frozen.training = false;
    const modes = () => [...model.namedModules()].map(([, module]) => module.training);
    const before = modes();
    const data = points(9);
    await train({
      model,
      optimizer: new SGD(model.parameters(), { lr: 0.1 }),
      data,
      test: data,
      epochs: 1,
      batchSize: 4,
    });
    expect(modes()).toEqual(before);
    expect(() =>
      inEvaluationMode(model, () => {
        expect(model.training).toBe(false);
        throw new Error('in between');
      }),
    ).toThrow('in between');
    expect(modes()).toEqual(before);
  });
});

describe('an AbortSignal', () => {
  test('that is aborted before the run leaves the model as it was', async () => {
    const model = tinyNet();
    const before = model.parameters().map((parameter) => [...parameter.data]);
    const optimizer = new Adam(model.parameters());
    const options = { model, optimizer, data: points(9), epochs: 2, batchSize: 4, signal: AbortSignal.abort() };
    expect(await train(options)).toMatchObject({ steps: 0, epochs: 0, stopped: true });
    expect(model.parameters().map((parameter) => [...parameter.data])).toEqual(before);
  });

  test('ends the run without another evaluation', async () => {
    const stop = new AbortController();
    const types: string[] = [];
    const onEvent = ({ type }: TrainEvent) => {
      types.push(type);
      if (type === 'evaluation') stop.abort();
    };
    const { result } = await tinyRun({ test: points(9), epochs: 5, onEvent, signal: stop.signal });
    expect(result).toMatchObject({ epochs: 1, stopped: true });
    expect(types.filter((type) => type === 'evaluation')).toHaveLength(1);
  });
});

describe('learning', () => {
  for (const kind of ['sgd', 'adam'] as const) {
    test(`${kind} separates three clouds of points`, async () => {
      const { accuracy, loss } = await tinyRun({ kind, data: points(90), epochs: 20 });
      expect(accuracy).toBe(1);
      expect(loss).toBeLessThan(0.2);
    });
  }
});

describe('no bit depends on shards or workers', () => {
  const pools = [new InlinePool(), new NodePool({ workers: 2 }), new NodePool({ workers: 3 })];
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  for (const kind of ['sgd', 'adam'] as const) {
    test(`with ${kind}`, async () => {
      const hashes = new Map<string, string>();
      for (const pool of pools) {
        for (const shards of [1, 4, 7, 50]) {
          const { hash } = await tinyRun({ kind, pool, shards });
          hashes.set(`${pool.kind} ${pool.workers}, ${shards} shards`, hash);
        }
      }
      expect(hashes.size).toBe(12);
      expect(Object.fromEntries(hashes)).toEqual(
        Object.fromEntries([...hashes.keys()].map((name) => [name, hashes.get('inline 1, 1 shards')])),
      );
    });
  }

  test('another seed gives other weights', async () => {
    expect((await tinyRun({ seed: 8 })).hash).not.toBe((await tinyRun({ seed: 7 })).hash);
  });
});

describe('counts', () => {
  test('the plan gives a shard to about eight samples', () => {
    expect([1, 8, 9, 64, 256].map(plannedShards)).toEqual([1, 1, 2, 8, 32]);
  });

  for (const name of ['epochs', 'batchSize', 'shards'] as const) {
    test(`${name} that are no whole number of at least 1 are a RangeError`, async () => {
      for (const value of [0, -1, 2.5, Number.NaN]) {
        await expect(tinyRun({ [name]: value })).rejects.toThrow(
          new RangeError(`${name}: expected an integer ≥ 1, got ${value}`),
        );
      }
    });
  }
});

describe('a dropout schedule', () => {
  const early: DropoutSchedule = { kind: 'early', steps: 3 };

  test('is the same run for any segment, pool and shards, and another run than without', async () => {
    const hashes = await Promise.all(
      [1, 5].map(async (shards) => (await tinyRun({ dropoutSchedule: early, shards })).hash),
    );
    expect(new Set(hashes).size).toBe(1);
    expect(hashes[0]).not.toBe((await tinyRun()).hash);
  });

  test('constant is the run without a schedule', async () => {
    expect((await tinyRun({ dropoutSchedule: { kind: 'constant' } })).hash).toBe((await tinyRun()).hash);
  });

  test('that ends after the first step: that step has the masks of a run without, the second has none', async () => {
    const losses = async (options: Partial<TrainOptions>) => {
      const seen: number[] = [];
      await tinyRun({
        ...options,
        onEvent: (event) => {
          if (event.type === 'step') seen.push(event.loss);
        },
      });
      return seen;
    };
    const [ending, without] = [await losses({ dropoutSchedule: { kind: 'early', steps: 1 } }), await losses({})];
    expect(ending[0]).toBe(without[0]);
    expect(ending[1]).not.toBe(without[1]);
  });

  test('that makes no sense is refused before anything starts', async () => {
    await expect(tinyRun({ dropoutSchedule: { kind: 'late', steps: 0 } })).rejects.toThrow(
      /steps must be an integer ≥ 1, got 0/,
    );
  });
});
