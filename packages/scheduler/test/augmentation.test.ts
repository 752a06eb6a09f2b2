/** Augmentation in training: the same bits for any workers and shards, evaluation without it, mixed losses. */
import {
  type Augmentation,
  colorJitter,
  crossEntropy,
  cutmix,
  manualSeed,
  mixup,
  nn,
  randomAffine,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  SGD,
} from '@lockstep/core';
import { arrayDataset, type ImageDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import type { TrainEvent } from '../src/train/events.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { points, tinyNet, tinyRun } from './tiny-problem.ts';

/** Three kinds of stripes in three channels. */
function stripes(count: number): ImageDataset {
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const images = Uint8Array.from({ length: count * 192 }, (_, i) => {
    const [s, c, y, x] = [Math.floor(i / 192), Math.floor(i / 64) % 3, Math.floor(i / 8) % 8, i % 8];
    const wave = [y, x, x + y][labels[s]!]!;
    return (wave % 4 < 2 ? 200 : 40) + 10 * c + ((7 * s + 3 * x + y) % 11);
  });
  return arrayDataset({ images, labels, shape: [3, 8, 8] });
}

function smallConvNet(): nn.Module {
  manualSeed(5);
  return new nn.Sequential(
    new nn.Conv2d(3, 8, 3),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(72, 3),
  );
}

async function run(options: Partial<TrainOptions> = {}): Promise<{ hash: string; events: TrainEvent[] }> {
  const model = smallConvNet();
  const events: TrainEvent[] = [];
  const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const onEvent = (event: TrainEvent) => events.push(event);
  await train({
    model,
    optimizer,
    data: stripes(45),
    epochs: 2,
    batchSize: 16,
    seed: 9,
    advice: false,
    onEvent,
    ...options,
  });
  return { hash: await weightsHash(model), events };
}

const everything: readonly Augmentation[] = [
  randomCrop({ padding: 1, paddingMode: 'reflect' }),
  randomHorizontalFlip(),
  randomAffine({ degrees: 10, scale: [0.9, 1.1] }),
  colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2 }),
  randomErasing(),
  mixup({ alpha: 0.4, p: 0.7 }),
  cutmix(),
];

describe('the same bits', () => {
  const pools = [new InlinePool(), new NodePool({ workers: 2 }), new NodePool({ workers: 3 })];
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  test.each([
    ['transforms and mixing', everything],
    ['mixing alone', [mixup()]],
  ])('%s', async (_name, augment) => {
    const hashes = new Set<string>();
    for (const pool of pools) for (const shards of [1, 3, 16]) hashes.add((await run({ pool, shards, augment })).hash);
    expect(hashes.size).toBe(1);
    expect(hashes).not.toContain((await run()).hash);
  });

  test('an empty list is no list', async () => {
    expect((await run({ augment: [] })).hash).toBe((await run()).hash);
  });
});

test('evaluation sees the samples as they are', async () => {
  const test = stripes(9);
  const losses = async (augment: readonly Augmentation[]) => {
    // A learning rate of 0 keeps the weights, so that only the samples could differ.
    const model = smallConvNet();
    const optimizer = new SGD(model.parameters(), { lr: 0 });
    const seen: Record<string, number> = {};
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'epoch') seen.train = event.trainLoss;
      if (event.type === 'evaluation') seen.test = event.testLoss;
    };
    await train({ model, optimizer, data: stripes(9), test, epochs: 1, batchSize: 9, augment, onEvent, advice: false });
    return seen;
  };
  const [plain, augmented] = [await losses([]), await losses(everything)];
  expect(augmented.test).toBe(plain.test);
  expect(augmented.train).not.toBe(plain.train);
});

describe('mixed losses', () => {
  const lossesOf = ({ events }: { events: readonly TrainEvent[] }) =>
    events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

  test("a loss of one's own is weighted as cross-entropy is", async () => {
    const augment = [mixup({ alpha: 1 })];
    const own = lossesOf(await run({ augment, loss: (output, target) => crossEntropy(output, target) }));
    const known = lossesOf(await run({ augment }));
    for (const [i, loss] of own.entries()) expect(loss).toBeCloseTo(known[i]!, 4);
    expect(known).toHaveLength(6);
  });

  test('rows of numbers can be mixed; transforms of images are refused for them', async () => {
    const plain = await tinyRun({ data: points(48) });
    const mixed = await tinyRun({ data: points(48), augment: [mixup()] });
    expect(mixed.hash).not.toBe(plain.hash);
    const [one, four] = [1, 4].map((shards) => tinyRun({ data: points(48), augment: [mixup()], shards }));
    expect((await one!).hash).toBe((await four!).hash);
    const model = tinyNet();
    const options = { model, optimizer: new SGD(model.parameters(), { lr: 0.1 }), epochs: 1, batchSize: 4 };
    await expect(train({ ...options, data: points(9), augment: [randomHorizontalFlip()] })).rejects.toThrow(
      /works on images of bytes/,
    );
  });
});
