/** Clipping in training runs: nothing changes where no limit binds, and no bit depends on shards or workers. */
import { clipGradNorm, clipGradValue, crossEntropy, SGD, type Tensor, tensor } from '@lockstep/core';
import { arrayDataset } from '@lockstep/data';
import { expectBitsEqual } from '@lockstep/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { StepEvent, TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { features, points, tinyNet, tinyRun } from './tiny-problem.ts';

const pools = [1, 2, 3].map((workers) => new NodePool({ workers }));
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

const limits: Partial<TrainOptions>[] = [{ clipGradNorm: 0.05 }, { clipGradValue: 0.01 }];

describe.each(limits)('%o', (limit) => {
  test.each(['sgd', 'adam', 'muon'] as const)(
    '%s: the same bits for any shards and workers, and others than without',
    async (kind) => {
      const { hash } = await tinyRun({ ...limit, kind });
      expect(hash).not.toBe((await tinyRun({ kind })).hash);
      for (const shards of [1, 3, 5]) expect((await tinyRun({ ...limit, kind, shards })).hash).toBe(hash);
      for (const pool of pools) expect((await tinyRun({ ...limit, kind, pool })).hash).toBe(hash);
    },
  );

  test('does what the eager functions do', async () => {
    const data = points(16);
    const [traced, eager] = [tinyNet(), tinyNet()];
    for (const model of [traced, eager]) model.eval();
    const options = { lr: 0.1, momentum: 0.9 };
    const optimizer = new SGD(traced.parameters(), options);
    await train({ model: traced, optimizer, data, epochs: 1, batchSize: 16, shuffle: false, shards: 1, ...limit });
    const x = tensor(data.features, { shape: [16, features] });
    const targets = tensor(data.labels, { dtype: 'i32' }) as Tensor<'i32'>;
    crossEntropy(eager.forward(x), targets).backward();
    if (limit.clipGradNorm) clipGradNorm(eager.parameters(), limit.clipGradNorm);
    if (limit.clipGradValue) clipGradValue(eager.parameters(), limit.clipGradValue);
    new SGD(eager.parameters(), options).step();
    const [a, b] = [traced, eager].map((model) => model.parameters().flatMap((parameter) => [...parameter.data]));
    expectBitsEqual(Float32Array.from(a!), Float32Array.from(b!));
  });
});

test.each([{ clipGradNorm: 1e6 }, { clipGradValue: 1e6 }])(
  'a limit that never binds, %o, changes no bit',
  async (limit) => {
    expect((await tinyRun(limit)).hash).toBe((await tinyRun()).hash);
  },
);

test('steps tell the norm before clipping, only where it is limited', async () => {
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => events.push(event);
  await tinyRun({ clipGradNorm: 1e-4, epochs: 1, onEvent });
  const norms = events.filter((event): event is StepEvent => event.type === 'step').map(({ gradNorm }) => gradNorm!);
  expect(norms).toHaveLength(4);
  for (const norm of norms) expect(norm).toBeGreaterThan(0.01);
  events.length = 0;
  await tinyRun({ clipGradValue: 1, epochs: 1, onEvent });
  expect(events.some((event) => 'gradNorm' in event)).toBe(false);
});

test('limits that make no sense are refused', async () => {
  await expect(tinyRun({ clipGradNorm: 0 })).rejects.toThrow('clipGradNorm: expected a finite number above 0, got 0');
  await expect(tinyRun({ clipGradNorm: 1, clipGradValue: 1 })).rejects.toThrow(/one of clipGradNorm and clipGradValue/);
});

test('a frozen parameter keeps its bits while the others are trained', async () => {
  const model = tinyNet();
  const frozen = model.parameters()[0]!;
  frozen.requiresGrad = false;
  const before = model.parameters().map(({ data: values }) => Float32Array.from(values));
  const data = arrayDataset({ features: [...points(20).features], labels: [...points(20).labels], shape: [features] });
  await train({
    model,
    optimizer: new SGD(model.parameters(), { lr: 0.1, weightDecay: 0.1 }),
    data,
    epochs: 1,
    batchSize: 10,
  });
  model.parameters().forEach((parameter, i) => {
    if (parameter === frozen) expectBitsEqual(Float32Array.from(parameter.data), before[i]!);
    else expect([...parameter.data]).not.toEqual([...before[i]!]);
  });
});
