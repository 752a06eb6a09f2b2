/** What a run is trained on: held-out parts, weighted draws, weights of classes, named arrays, steps of one's own. */
import { crossEntropy, manualSeed, mseLoss, nn, SGD, type Tensor, tensor, weightedDraws } from '@lockstep/core';
import { arrayDataset, type FeatureDataset } from '@lockstep/data';
import { binomialBounds, expectBitsEqual } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import type { TrainEvent } from '../src/train/events.ts';
import type { StepFunction } from '../src/train/forward-step.ts';
import type { TrainOptions } from '../src/train/options.ts';
import { epochOrder, labelsOf, sampleAt, splitOff } from '../src/train/samples.ts';
import type { SharedData } from '../src/train/shared-data.ts';
import { train } from '../src/train/trainer.ts';
import { weightsHash } from '../src/train/weights-hash.ts';
import { numbers, TwoHeads } from './tiny-numbers.ts';
import { points, tinyNet, tinyRun } from './tiny-problem.ts';

/** Samples of which 80 %, 15 % and 5 % are of class 0, 1 and 2. */
function unequal(count: number): FeatureDataset {
  const labels = Array.from({ length: count }, (_, i) => (i % 20 < 16 ? 0 : i % 20 < 19 ? 1 : 2));
  const features = labels.flatMap((label, i) => Array.from({ length: 6 }, (_, j) => label + Math.sin(3 * i + j)));
  return arrayDataset({ features, labels, shape: [6] });
}

function plain(dataset: FeatureDataset): SharedData {
  const source = { kind: 'rows', address: 0, sampleBytes: 4 } as const;
  return { dataset, count: dataset.count, shape: dataset.shape, inputs: source, targets: source };
}

describe('a validation split', () => {
  const data = plain(unequal(400));

  test('is a partition: every sample in one part, in order, the same for the same seed', () => {
    const { train: kept, validation } = splitOff(data, { fraction: 0.25 }, 3);
    expect([kept.count, validation.count]).toEqual([300, 100]);
    const both = [...kept.subset!, ...validation.subset!].sort((a, b) => a - b);
    expect(both).toEqual(Array.from({ length: 400 }, (_, i) => i));
    expect([...kept.subset!]).toEqual([...kept.subset!].sort((a, b) => a - b));
    expect(splitOff(data, { fraction: 0.25 }, 3).validation.subset).toEqual(validation.subset);
    expect(splitOff(data, { fraction: 0.25 }, 4).validation.subset).not.toEqual(validation.subset);
  });

  test('stratified: every class in its proportion, to a whole sample, and the total is right', () => {
    for (const fraction of [0.1, 0.25, 0.333]) {
      const { validation } = splitOff(data, { fraction, stratify: true }, 3);
      expect(validation.count).toBe(Math.round(fraction * 400));
      const counts = [0, 0, 0];
      for (const label of labelsOf(validation, 'test')) counts[label]!++;
      counts.forEach((count, c) => {
        expect(Math.abs(count - fraction * [320, 60, 20][c]!)).toBeLessThan(1);
      });
    }
  });

  test('in training: the part that is held out is evaluated, and nothing else is trained on', async () => {
    const dataset = unequal(40);
    const events: TrainEvent[] = [];
    const onEvent = (event: TrainEvent) => events.push(event);
    const split = await tinyRun({
      data: dataset,
      validationSplit: 0.25,
      metrics: ['confusionMatrix'],
      epochs: 1,
      onEvent,
    });
    const epochs = events.filter((event) => event.type === 'step');
    expect(epochs.at(-1)).toMatchObject({ epochSamples: 30, epochSize: 30 });
    expect(split.result.test).toMatchObject({ samples: 10 });
    const counted = split.result.test!.metrics!.confusionMatrix!.flat().reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(10);
    // The same run on a data set of the training part alone, in the order that the split gives it.
    const { train: kept } = splitOff(plain(dataset), { fraction: 0.25 }, 7);
    const numbersOf = [...kept.subset!];
    const alone = arrayDataset({
      features: numbersOf.flatMap((i) => [...dataset.features.subarray(6 * i, 6 * i + 6)]),
      labels: numbersOf.map((i) => dataset.labels[i]!),
      shape: [6],
    });
    expect((await tinyRun({ data: alone, epochs: 1 })).hash).toBe(split.hash);
  });

  test.each([
    [{ validationSplit: 0 }, /fraction must leave samples on either side of 50, got 0/],
    [{ validationSplit: 0.999 }, /fraction must leave samples/],
    [{ validationSplit: 0.2, test: points(9) }, /the run has a test set already/],
  ])('refused: %#', async (options, message) => {
    await expect(tinyRun(options)).rejects.toThrow(message);
  });
});

describe('weighted draws', () => {
  test('come in proportion to their weights, and never where the weight is 0', () => {
    const weights = [1, 0, 3, 0.5, 0, 5.5];
    const counts = weights.map(() => 0);
    const draw = weightedDraws(11, 2, weights);
    for (let place = 0; place < 20_000; place++) counts[draw(place)]!++;
    counts.forEach((count, i) => {
      const { low, high } = binomialBounds(20_000, weights[i]! / 10, 5);
      expect(count).toBeGreaterThanOrEqual(low);
      expect(count).toBeLessThanOrEqual(high);
    });
    expect(draw(17)).toBe(weightedDraws(11, 2, weights)(17));
    const other = weightedDraws(11, 3, weights);
    expect(Array.from({ length: 50 }, (_, i) => draw(i))).not.toEqual(Array.from({ length: 50 }, (_, i) => other(i)));
  });

  test('balanced: every class as often, through a subset too', () => {
    const { train: kept } = splitOff(plain(unequal(400)), { fraction: 0.25, stratify: true }, 3);
    const order = epochOrder(kept, { seed: 5, sampler: { kind: 'weighted', weights: 'balanced', samples: 6000 } });
    expect(order.count).toBe(6000);
    const [draw, labels] = [order.permute(1)!, unequal(400).labels];
    const counts = [0, 0, 0];
    for (let place = 0; place < 6000; place++) {
      counts[labels[draw(place)]!]!++;
      expect(kept.subset).toContain(draw(place));
    }
    const { low, high } = binomialBounds(6000, 1 / 3, 5);
    for (const count of counts) expect([count > low, count < high]).toEqual([true, true]);
  });

  test('train: an epoch has as many samples as draws, the same bits for any shards', async () => {
    const options = { data: unequal(40), sampler: { kind: 'weighted', weights: 'balanced', samples: 25 } as const };
    const [one, five] = [await tinyRun({ ...options, shards: 1 }), await tinyRun({ ...options, shards: 5 })];
    expect(one.result.steps).toBe(4);
    expect(one.hash).toBe(five.hash);
    expect(one.hash).not.toBe((await tinyRun({ data: unequal(40) })).hash);
  });

  test('a schedule by epochs counts the epochs of the draws, and of what a split leaves', async () => {
    const rates = async (options: Partial<TrainOptions>) => {
      const seen: number[] = [];
      const onEvent = (event: TrainEvent) => event.type === 'step' && seen.push(event.lr);
      await tinyRun({
        data: unequal(40),
        epochs: 2,
        lrSchedule: { kind: 'exponential', gamma: 0.5, unit: 'epoch' },
        onEvent,
        ...options,
      });
      return seen;
    };
    const sampler = { kind: 'weighted', weights: 'balanced', samples: 25 } as const;
    expect(await rates({ sampler })).toEqual([0.1, 0.1, 0.05, 0.05]);
    expect(await rates({ validationSplit: 0.25 })).toEqual([0.1, 0.1, 0.05, 0.05]);
    expect(await rates({})).toHaveLength(6);
  });

  test.each([
    [[1, 2], /sampler: expected a weight for each of 50 samples, got 2/],
    [new Array<number>(50).fill(0), /expected a finite sum above 0/],
    [new Array<number>(50).fill(-1), /expected finite numbers ≥ 0, got -1 at index 0/],
  ])('refused: %#', async (weights, message) => {
    await expect(tinyRun({ sampler: { kind: 'weighted', weights } })).rejects.toThrow(message);
  });
});

describe('weights of classes', () => {
  test('a step is what eager computation of Σ w·loss ÷ Σ w gives', async () => {
    const data = unequal(20);
    const classWeights = [0.5, 2, 7];
    const [trained, eager] = [0, 1].map(() => {
      manualSeed(7);
      const model = new nn.Linear(6, 3);
      return { model, optimizer: new SGD(model.parameters(), { lr: 0.1 }) };
    }) as [{ model: nn.Linear; optimizer: SGD }, { model: nn.Linear; optimizer: SGD }];
    await train({ ...trained, data, epochs: 1, batchSize: 20, shuffle: false, classWeights, advice: false });
    const [x, y] = [tensor(data.features, { shape: [20, 6] }), tensor(data.labels, { shape: [20], dtype: 'i32' })];
    const w = tensor(
      Float32Array.from(data.labels, (label) => classWeights[label]!),
      { shape: [20] },
    );
    const losses = crossEntropy(eager.model.forward(x), y, { reduction: 'none' });
    losses.mul(w).sum().div(w.sum()).backward();
    eager.optimizer.step();
    for (const [i, parameter] of trained.model.parameters().entries())
      expectBitsEqual(parameter.data as Float32Array, eager.model.parameters()[i]!.data as Float32Array);
  });

  test("balanced are scikit-learn's: samples ÷ (classes · samples of the class)", async () => {
    const data = unequal(40);
    const own = await tinyRun({ data, classWeights: [40 / (3 * 32), 40 / (3 * 6), 40 / (3 * 2)] });
    expect((await tinyRun({ data, classWeights: 'balanced' })).hash).toBe(own.hash);
    expect((await tinyRun({ data, classWeights: 'balanced', shards: 7 })).hash).toBe(own.hash);
    expect((await tinyRun({ data })).hash).not.toBe(own.hash);
  });

  test.each([
    [{ classWeights: [1, 2] }, /expected at least 3 finite numbers/],
    [{ classWeights: [1, 1, 1], loss: (output: Tensor) => output.sum() }, /go with the default loss only/],
  ])('refused: %#', async (options, message) => {
    await expect(tinyRun(options as Partial<TrainOptions>)).rejects.toThrow(message);
  });
});

describe('named arrays and steps of one’s own', () => {
  const both: StepFunction = ({ model, inputs, targets }) => {
    const net = model as TwoHeads;
    const hidden = net.hidden(inputs.pair!, inputs.third!);
    const output = net.classes.forward(hidden);
    const kind = targets.kind as unknown as Tensor<'i32'>;
    const loss = mseLoss(net.numbers.forward(hidden), targets.y!).add(crossEntropy(output, kind));
    return { loss, output, target: 'kind' };
  };
  const run = async (options: Partial<TrainOptions> = {}) => {
    const model = new TwoHeads();
    const data = numbers(120);
    const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const result = await train({
      model,
      optimizer,
      data,
      test: data,
      epochs: 15,
      batchSize: 16,
      step: both,
      advice: false,
      ...options,
    });
    return { result, hash: await weightsHash(model) };
  };

  test('two inputs and two heads learn, with the same bits for any shards', async () => {
    const { result, hash } = await run();
    expect(result.test!.accuracy).toBeGreaterThan(0.95);
    expect(result.test!.loss).toBeLessThan(0.3);
    expect((await run({ shards: 5 })).hash).toBe(hash);
  });

  test('metrics are of the target that the step names, also through a split', async () => {
    const { result } = await run({ test: undefined as never, validationSplit: 0.25, metrics: ['auroc', 'f1'] });
    const { auroc, f1 } = result.test!.metrics!;
    expect(result.test!.samples).toBe(30);
    // The classes of 30 held-out samples are told apart almost perfectly: not so by the numbers of another target or sample.
    expect(auroc!.macro).toBeGreaterThan(0.99);
    expect(f1!.macro).toBeGreaterThan(0.9);
  });

  test('a step of one’s own that does what the default does gives its bits', async () => {
    const step: StepFunction = ({ model, inputs, targets }) => {
      const output = model.forward(inputs.x!);
      return { loss: crossEntropy(output, targets.y as unknown as Tensor<'i32'>), output };
    };
    const [own, known] = [await tinyRun({ step }), await tinyRun()];
    expect(own.hash).toBe(known.hash);
    expect(own.result.trainLoss).toBe(known.result.trainLoss);
  });

  test('several inputs are the arguments of forward, in their order', async () => {
    const data = numbers(40);
    const target = { y: data.targets.y! };
    const loss = (output: Tensor, y: Tensor<'i32'>) => output.sub(y).square().mean();
    const { result } = await run({
      data: { ...data, targets: target },
      test: undefined as never,
      step: undefined as never,
      loss,
    });
    expect(result.trainLoss).toBeLessThan(0.5);
  });

  test.each([
    [{ step: undefined as never }, /the data set has the targets y, kind; give train a step of your own/],
    [{ step: (() => ({ loss: tensor([1]), target: 'z' })) as StepFunction }, /target must be one of y, kind, got z/],
    [{ step: (({ inputs }) => inputs.pair!) as StepFunction }, /loss: expected one number, got shape \[16, 2\]/],
  ])('refused: %#', async (options, message) => {
    await expect(run(options)).rejects.toThrow(message);
  });

  test('samples of a subset keep their numbers', () => {
    expect(sampleAt({})).toBeUndefined();
    expect(sampleAt({ subset: Int32Array.of(4, 9) })!(1)).toBe(9);
    expect(tinyNet().training).toBe(true);
  });
});
