/** Metrics of evaluations against their definitions, written out over the predictions; exact where they are counts. */
import { mseLoss, nn, SGD, type Tensor, tensor } from '@lockstep/core';
import { arrayDataset } from '@lockstep/data';
import { afterAll, describe, expect, test } from 'vitest';
import { auroc } from '../src/metrics/auroc.ts';
import { f1, precision, recall } from '../src/metrics/confusion.ts';
import { type MetricName, metricAt } from '../src/metrics/metric.ts';
import { InlinePool } from '../src/pool/inline.ts';
import { NodePool } from '../src/pool/node.ts';
import { evaluate } from '../src/train/evaluate.ts';
import type { EvaluationEvent } from '../src/train/events.ts';
import type { StepFunction } from '../src/train/forward-step.ts';
import { predict } from '../src/train/predict.ts';
import { numbers, TwoHeads } from './tiny-numbers.ts';
import { points, tinyNet, tinyRun } from './tiny-problem.ts';

/** Scores that the model passes on, so that everything is known. */
class Echo extends nn.Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

const classNames = ['accuracy', 'top2', 'confusionMatrix', 'precision', 'recall', 'f1', 'auroc'] as const;

describe('of class scores', () => {
  // Seven samples of four classes; class 3 never occurs and is predicted once; one tie, which the lower class wins.
  const rows = [
    [3, 1, 0, 0],
    [0, 2, 1, 0],
    [1, 1, 0, 0],
    [0, 1, 4, 2],
    [0, 0, 1, 3],
    [5, 4, 0, 1],
    [0, 2, 3, 1],
  ];
  const labels = [0, 1, 1, 2, 2, 1, 1];
  const data = arrayDataset({ features: rows.flat(), labels, shape: [4], classes: ['a', 'b', 'c', 'd'] });

  test('small enough to be counted by hand', async () => {
    const { metrics } = await evaluate({ model: new Echo(), data, metrics: classNames });
    expect(metrics).toMatchObject({
      accuracy: 3 / 7,
      // Sample 2 is level and the lower class comes first; all are among two.
      top2: 1,
      confusionMatrix: [
        [1, 0, 0, 0],
        [2, 1, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
      ],
      precision: { perClass: [1 / 3, 1, 1 / 2, 0], macro: (1 / 3 + 1 + 1 / 2) / 4, micro: 3 / 7 },
      recall: { perClass: [1, 1 / 4, 1 / 2, 0], macro: (1 + 1 / 4 + 1 / 2) / 4, micro: 3 / 7 },
      f1: { perClass: [2 / 4, 2 / 5, 2 / 4, 0], macro: 1.4 / 4, micro: 3 / 7 },
    });
    const { perClass, macro } = metrics!.auroc!;
    expect(perClass[3]).toBeNaN();
    expect(macro).toBe((perClass[0]! + perClass[1]! + perClass[2]!) / 3);
  });

  test("scikit-learn's example of precision, recall and F1, zero_division = 0", () => {
    // y_true = [0, 1, 2, 0, 1, 2], y_pred = [0, 2, 1, 0, 0, 1].
    const matrix = [
      [2, 0, 0],
      [1, 0, 1],
      [0, 2, 0],
    ];
    expect(precision(matrix)).toEqual({ perClass: [2 / 3, 0, 0], macro: 2 / 9, micro: 2 / 6 });
    expect(recall(matrix)).toEqual({ perClass: [1, 0, 0], macro: 1 / 3, micro: 2 / 6 });
    expect(f1(matrix).perClass).toEqual([0.8, 0, 0]);
    expect(f1(matrix).macro).toBeCloseTo(0.26666666666666666, 15);
  });

  const pools = [new InlinePool(), new NodePool({ workers: 2 })];
  afterAll(() => Promise.all(pools.map((pool) => pool.close())));

  test('of 600 samples in batches of 256: what the predictions give, and the same for any workers', async () => {
    const [model, many] = [tinyNet(), points(600)];
    const probabilities = await predict(model, many);
    const { data: p } = probabilities;
    const scores = Array.from({ length: 600 }, (_, i) => [...p.subarray(3 * i, 3 * i + 3)]);
    const predicted = scores.map((row) => row.indexOf(Math.max(...row)));
    const matrix = [0, 1, 2].map((actual) =>
      [0, 1, 2].map((guess) => predicted.filter((g, i) => g === guess && many.labels[i] === actual).length),
    );
    const top2 = scores.filter((row, i) => row.filter((score) => score > row[many.labels[i]!]!).length < 2).length;
    for (const pool of pools) {
      const { metrics, accuracy } = await evaluate({ model, data: many, pool, metrics: classNames });
      expect(metrics!.confusionMatrix).toEqual(matrix);
      expect(metrics!.top2).toBe(top2 / 600);
      expect(metrics!.accuracy).toBe(accuracy);
      expect(metrics!.precision).toEqual(precision(matrix));
      const ofClass = (c: number) =>
        auroc(
          scores.map((row) => row[c]!),
          [...many.labels].map((label) => label === c),
        );
      expect(metrics!.auroc!.perClass).toEqual([0, 1, 2].map(ofClass));
    }
  });

  test('an evaluation starts from nothing: twice gives the same, in training too', async () => {
    const seen: EvaluationEvent[] = [];
    const data = points(300);
    const onEvent = (event: { type: string }) => event.type === 'evaluation' && seen.push(event as EvaluationEvent);
    await tinyRun({ data, test: data, metrics: ['f1', 'confusionMatrix'], epochs: 3, onEvent });
    expect(seen).toHaveLength(3);
    for (const { metrics, testAccuracy } of seen) {
      const matrix = metrics!.confusionMatrix!;
      expect(matrix.flat().reduce((sum, count) => sum + count, 0)).toBe(300);
      expect(metricAt(metrics!, 'f1.micro')).toBe(testAccuracy);
    }
  });

  test('metrics change no bit of a run', async () => {
    const data = points(60);
    const plain = await tinyRun({ data, test: data });
    expect((await tinyRun({ data, test: data, metrics: classNames })).hash).toBe(plain.hash);
  });
});

describe('of numbers', () => {
  const step: StepFunction<TwoHeads> = ({ model, inputs, targets }) => {
    const output = model.forward(inputs.pair!, inputs.third!);
    return { loss: mseLoss(output, targets.y!), output };
  };

  test('mse, mae and r2 are their definitions in f64, the mean over the outputs', async () => {
    const [model, data] = [new TwoHeads(), numbers(500)];
    const { metrics, loss } = await evaluate({
      model,
      data,
      step: step as StepFunction,
      metrics: ['mse', 'mae', 'r2'],
    });
    const at = (name: 'pair' | 'third', width: number) =>
      tensor(data.inputs[name]!.values as Float32Array, { shape: [500, width] });
    const guesses = model.forward(at('pair', 2), at('third', 1)).data;
    const y = data.targets.y!.values;
    const errors = [0, 1].map((k) => Array.from({ length: 500 }, (_, i) => y[2 * i + k]! - guesses[2 * i + k]!));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const r2 = errors.map((of, k) => {
      const column = Array.from({ length: 500 }, (_, i) => y[2 * i + k]!);
      return 1 - mean(of.map((e) => e * e)) / mean(column.map((value) => (value - mean(column)) ** 2));
    });
    expect(metrics!.mse).toBeCloseTo(mean(errors.flat().map((e) => e * e)), 6);
    expect(metrics!.mae).toBeCloseTo(mean(errors.flat().map(Math.abs)), 6);
    expect(metrics!.r2).toBeCloseTo(mean(r2), 5);
    expect(loss).toBeCloseTo(metrics!.mse!, 6);
  });
});

describe('refused', () => {
  test.each([
    [['acuracy'], RangeError, /metrics: expected names among accuracy, .* got acuracy/],
    [['top0'], RangeError, /got top0/],
    [['top9'], RangeError, /top9: expected at most 3, the number of classes/],
    [['mse'], Error, /mse: expected outputs and f32 targets of one size, got \[9, 3\] and i32 \[9\]/],
  ] as const)('%s', async (metrics, kind, message) => {
    const run = evaluate({ model: tinyNet(), data: points(9), metrics: metrics as unknown as MetricName[] });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(kind);
  });

  test('class metrics of a model without class scores', async () => {
    const model = new nn.Sequential(new nn.Linear(6, 3), new nn.Flatten());
    void new SGD(model.parameters(), { lr: 0.1 });
    const step: StepFunction = ({ inputs }) => inputs.x!.sum();
    await expect(evaluate({ model, data: points(9), step, metrics: ['f1'] })).rejects.toThrow(
      /the step gives no output/,
    );
  });
});
