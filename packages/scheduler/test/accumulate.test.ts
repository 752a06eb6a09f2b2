/** A batch in micro-batches: the same bits for any number of them, and less memory. */
import { Adam, crossEntropy, manualSeed, mixup, nn, randomCrop, SGD, type Tensor } from '@lockstep/core';
import { MLP, SeedNet } from '@lockstep/core/models';
import { arrayDataset, type Dataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { NodePool } from '../src/pool/node.ts';
import type { TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { planStep } from '../src/train/plan.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';

const pool = new NodePool({ workers: 2 });
afterAll(() => pool.close());

function images(count: number, shape: readonly [number, number, number]): Dataset {
  const size = shape[0] * shape[1] * shape[2];
  return arrayDataset({
    images: Uint8Array.from({ length: count * size }, (_, i) => (i * 7919 + Math.floor(i / size) * 31) % 251),
    labels: Array.from({ length: count }, (_, i) => (i * 7) % 5),
    shape,
  });
}

function numbers(count: number, shape: readonly number[]): Dataset {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const labels = Array.from({ length: count }, (_, i) => (i * 3) % 5);
  return arrayDataset({ features: Array.from({ length: count * size }, (_, i) => Math.sin(i * 1.7)), labels, shape });
}

interface Outcome {
  readonly hash: string;
  readonly losses: readonly number[];
}

async function run(
  make: () => nn.Module,
  options: Partial<TrainOptions> & Pick<TrainOptions, 'data' | 'batchSize'>,
): Promise<Outcome> {
  manualSeed(11);
  const model = make();
  const losses: number[] = [];
  const onEvent = (event: TrainEvent) => void (event.type === 'step' && losses.push(event.loss));
  const optimizer = options.optimizer ?? new Adam(model.parameters(), { lr: 0.003 });
  await train({ model, optimizer, epochs: 2, seed: 11, onEvent, ...options });
  return { hash: await weightsHash(model), losses };
}

/** Bytes of the step, and how often the gradients of its weights are computed. */
function planned(make: () => nn.Module, at: { inputShape: readonly number[]; batchSize: number; accumulate: number }) {
  manualSeed(11);
  const model = make();
  const { report, labels } = planStep({ model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), ...at });
  const gradients = labels!.ops.filter(({ op }) => /WeightGradient|matrixGradient|embeddingGradient/.test(op));
  return { bytes: report.workspaceBytes, phases: new Set(gradients.map(({ phase }) => phase)).size };
}

/** Convolutions without pooling behind them: dense, in groups, depthwise, and one whose gradient skips zeros. */
class Convolutions extends nn.Module {
  readonly first = new nn.Conv2d(2, 8, 3, { padding: 1 });
  readonly grouped = new nn.Conv2d(8, 8, 3, { groups: 2, stride: 2 });
  readonly depthwise = new nn.Conv2d(8, 8, 3, { groups: 8 });
  readonly wide = new nn.Conv2d(8, 40, 2);
  readonly wider = new nn.Conv2d(40, 20, 2);
  readonly head = new nn.Linear(20, 5);

  override forward(x: Tensor): Tensor {
    const y = this.depthwise.forward(this.grouped.forward(this.first.forward(x)).relu());
    return this.head.forward(this.wider.forward(this.wide.forward(y).relu()).relu().mean([2, 3]));
  }
}

/** Sequences: layer normalisation, attention, a recurrent layer. */
class Sequences extends nn.Module {
  readonly block = new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 64, dropout: 0.1 });
  readonly gru = new nn.GRU(16, 16);
  readonly head = new nn.Linear(16, 5);

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.gru.forward(this.block.forward(x)).output.mean([1]));
  }
}

const normalised = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 8, 3),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(8 * 5 * 5, 5),
  );

describe.each([
  {
    name: 'the seed network',
    make: () => new SeedNet([1, 28, 28], 5, { dropout: 0.25 }),
    data: images(300, [1, 28, 28]),
    batchSize: 128,
  },
  {
    name: 'an MLP with dropout',
    make: () => new MLP([40], 5, { hidden: [64, 48], dropout: 0.5 }),
    data: numbers(1500, [40]),
    batchSize: 1100,
  },
  {
    name: 'an MLP with a large matrix',
    make: () => new MLP([600], 5, { hidden: [900] }),
    data: numbers(1200, [600]),
    batchSize: 1024,
  },
  { name: 'convolutions', make: () => new Convolutions(), data: images(150, [2, 14, 14]), batchSize: 96 },
  { name: 'sequences', make: () => new Sequences(), data: numbers(200, [16, 16]), batchSize: 128 },
])('$name', ({ make, data, batchSize }) => {
  test.each([2, 4])('%d micro-batches give the bits of one, remainder batches too', async (accumulate) => {
    const whole = await run(make, { data, batchSize, pool });
    expect(await run(make, { data, batchSize, accumulate, pool })).toEqual(whole);
    expect(await run(make, { data, batchSize, accumulate, shards: 3 })).toEqual(whole);
  });

  test('four need less memory than two, and two less than one', () => {
    const of = (accumulate: number) => planned(make, { inputShape: data.shape, batchSize, accumulate });
    const [one, two, four] = [of(1), of(2), of(4)];
    expect(two.bytes).toBeLessThan(one.bytes);
    expect(four.bytes).toBeLessThan(two.bytes);
    expect(four.phases).toBeGreaterThan(one.phases);
  });
});

describe('the same bits', () => {
  const data = images(300, [1, 14, 14]);
  const convolution = () =>
    new nn.Sequential(
      new nn.Conv2d(1, 16, 3),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(16 * 36, 5),
    );

  test.each([
    { name: 'class weights', options: { classWeights: 'balanced' } },
    { name: 'clipping by the norm', options: { clipGradNorm: 0.5 } },
    { name: 'steps that are checked first', options: { onNonFinite: 'skip' } },
    {
      name: 'a sum of the losses',
      options: { loss: (x: Tensor, y: Tensor<'i32'>) => crossEntropy(x, y, { reduction: 'sum' }) },
    },
    { name: 'augmentation', options: { augment: [randomCrop({ padding: 2 }), mixup()] } },
  ] as { name: string; options: Partial<TrainOptions> }[])('with $name', async ({ options }) => {
    const whole = await run(convolution, { data, batchSize: 128, ...options });
    expect(await run(convolution, { data, batchSize: 128, ...options, accumulate: 4, pool })).toEqual(whole);
  });

  test('with batch normalisation, whose statistics stay those of the whole batch', async () => {
    const whole = await run(normalised, { data: images(300, [1, 12, 12]), batchSize: 128 });
    const parts = await run(normalised, { data: images(300, [1, 12, 12]), batchSize: 128, accumulate: 4 });
    expect(parts).toEqual(whole);
  });

  test('with a table of embeddings', async () => {
    class Words extends nn.Module {
      readonly table = new nn.Embedding(40, 12);
      readonly head = new nn.Linear(12, 5);
      override forward(x: Tensor): Tensor {
        return this.head.forward(this.table.forward(x.mul(19).add(20).to('i32')).mean([1]));
      }
    }
    const words = numbers(300, [6]);
    const whole = await run(() => new Words(), { data: words, batchSize: 120 });
    expect(await run(() => new Words(), { data: words, batchSize: 120, accumulate: 3 })).toEqual(whole);
    const of = (accumulate: number) => planned(() => new Words(), { inputShape: [6], batchSize: 120, accumulate });
    expect(of(3).phases).toBeGreaterThan(of(1).phases);
  });
});

test('more micro-batches than samples are refused', async () => {
  const make = () => new MLP([6], 5);
  const refused = run(make, { data: numbers(20, [6]), batchSize: 64, accumulate: 21 });
  await expect(refused).rejects.toThrow(
    new RangeError('accumulate: expected an integer from 1 to the batch size 20, got 21'),
  );
  await expect(run(make, { data: numbers(20, [6]), batchSize: 8, accumulate: 1.5 })).rejects.toThrow(RangeError);
});
