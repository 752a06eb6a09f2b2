/**
 * The metrics of one evaluation, computed on the workers: what evaluation programs compute of each batch besides the loss, what they keep from
 * batch to batch, and the numbers that are made of it. Counts are exact integers.
 */
import {
  confusionNode,
  type DType,
  empty,
  markWritten,
  type Node,
  ShapeError,
  sizeOf,
  storeBatchNode,
  Tensor,
  topKNode,
  zeros,
} from '@lockstep/core';
import { auroc } from './auroc.ts';
import { f1, precision, recall } from './confusion.ts';
import { type ClassMetric, checkMetrics, type MetricName, type MetricValues, topK } from './metric.ts';

/** Values of all samples that a run may keep: 256 MiB. */
const mostKept = 2 ** 26;
/** Outputs of a sample whose errors are summed apart. */
const mostOutputs = 4096;

export interface MetricSetOptions {
  readonly names: readonly MetricName[];
  /** Samples of the data set. */
  readonly count: number;
  /** Samples of a step; the last one may have fewer. */
  readonly batchSamples: number;
  /** The target of that name of a sample: a class, or numbers one after the other. */
  target(name: string, place: number): ArrayLike<number>;
}

/** Sums of a program, by metric: the first result word, and how many. */
interface Sums {
  readonly name: MetricName;
  readonly first: number;
  readonly count: number;
}

export class MetricSet {
  readonly #options: MetricSetOptions;
  #sums: Sums[] = [];
  /** The name of the target that outputs are compared with. */
  #target = '';
  #confusion: Tensor<'i32'> | undefined;
  #probabilities: Tensor | undefined;

  /** @throws RangeError for unknown names. */
  constructor(options: MetricSetOptions) {
    checkMetrics(options.names);
    this.#options = options;
  }

  /** What the program of a batch computes for the metrics: sums (one result word an element), and updates of what is kept. */
  trace(
    output: Tensor | undefined,
    target: Tensor<DType> | undefined,
    targetName: string,
  ): { outputs: Node[]; updates: Node[] } {
    this.#target = targetName;
    const { names } = this.#options;
    if (names.length > 0 && !(output && target))
      throw new ShapeError('metrics: the step gives no output; return { loss, output } from it, and name one target');
    const outputs: Node[] = [];
    const updates: Node[] = [];
    this.#sums = [];
    let word = 0;
    for (const name of names) {
      const sums = this.#sumsOf(name, output!, target!);
      if (sums) {
        this.#sums.push({ name, first: word, count: sums.size });
        word += sums.size;
        outputs.push(sums.node);
      }
    }
    const needs = (...wanted: MetricName[]) => wanted.some((name) => names.includes(name));
    if (needs('confusionMatrix', 'precision', 'recall', 'f1')) {
      const classes = classesOf(output!, 'confusionMatrix');
      this.#confusion ??= zeros([classes, classes], { dtype: 'i32' });
      updates.push(confusionNode(this.#confusion.node, output!.node, target!.node));
    }
    if (needs('auroc')) {
      const { count, batchSamples } = this.#options;
      const classes = classesOf(output!, 'auroc');
      if (count * classes > mostKept)
        throw new RangeError(
          `auroc: expected at most ${mostKept} probabilities, got ${count} × ${classes}; evaluate fewer samples`,
        );
      this.#probabilities ??= empty([count, classes]);
      updates.push(storeBatchNode(this.#probabilities.node, output!.softmax().node, batchSamples));
    }
    return { outputs, updates };
  }

  /** Before the first batch of an evaluation. */
  reset(): void {
    this.#confusion?.data.fill(0);
  }

  /** After the last batch: from the words of each step that belong to the metrics. `accuracy`: of the evaluation. */
  values(steps: readonly Float32Array[], accuracy: number): MetricValues {
    markWritten([this.#confusion, this.#probabilities].filter((kept) => kept !== undefined) as Tensor<DType>[]);
    const matrix = this.#matrix();
    const values: Record<string, unknown> = {};
    for (const name of this.#options.names) {
      if (name === 'accuracy') values[name] = accuracy;
      else if (name === 'confusionMatrix') values[name] = matrix;
      else if (name === 'precision') values[name] = precision(matrix);
      else if (name === 'recall') values[name] = recall(matrix);
      else if (name === 'f1') values[name] = f1(matrix);
      else if (name === 'auroc') values[name] = this.#auroc();
      else values[name] = this.#mean(name, steps);
    }
    return values as MetricValues;
  }

  #sumsOf(name: MetricName, output: Tensor, target: Tensor<DType>): Tensor | undefined {
    const k = topK(name);
    if (k !== undefined) {
      const classes = classesOf(output, name);
      if (k > classes) throw new RangeError(`${name}: expected at most ${classes}, the number of classes`);
      return new Tensor(topKNode(output.node, target.node, k)).sum();
    }
    if (name !== 'mse' && name !== 'mae' && name !== 'r2') return undefined;
    const [samples = 1] = output.shape;
    const outputs = output.size / samples;
    if (target.dtype !== 'f32' || target.size !== output.size)
      throw new ShapeError(
        `${name}: expected outputs and f32 targets of one size, got [${output.shape.join(', ')}] and ${target.dtype} [${target.shape.join(', ')}]`,
      );
    if (outputs > mostOutputs)
      throw new RangeError(`${name}: expected at most ${mostOutputs} numbers for each sample, got ${outputs}`);
    const errors = output.reshape([samples, outputs]).sub(target.reshape([samples, outputs]));
    return (name === 'mae' ? errors.abs() : errors.square()).sum(0);
  }

  #matrix(): number[][] {
    if (!this.#confusion) return [];
    const [classes = 0] = this.#confusion.shape;
    const { data } = this.#confusion;
    return Array.from({ length: classes }, (_, c) => [...data.subarray(c * classes, (c + 1) * classes)]);
  }

  /** Sums of the steps in f64, in their order, one for each word of the metric. */
  #totals(name: MetricName, steps: readonly Float32Array[]): number[] {
    const { first, count } = this.#sums.find((sums) => sums.name === name)!;
    return Array.from({ length: count }, (_, i) => steps.reduce((sum, words) => sum + words[first + i]!, 0));
  }

  #mean(name: MetricName, steps: readonly Float32Array[]): number {
    const totals = this.#totals(name, steps);
    const { count } = this.#options;
    if (name !== 'r2') return totals.reduce((sum, total) => sum + total / count, 0) / totals.length;
    return totals.reduce((sum, total, i) => sum + (1 - total / this.#spread(i)), 0) / totals.length;
  }

  /** Σ(y − ȳ)² of one number of the targets, in f64; NaN where it is 0. */
  #spread(index: number): number {
    const { count, target } = this.#options;
    const values = Float64Array.from({ length: count }, (_, place) => target(this.#target, place)[index]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) || Number.NaN;
  }

  #auroc(): Omit<ClassMetric, 'micro'> {
    const { count, target } = this.#options;
    const { data, shape } = this.#probabilities!;
    const classes = shape[1]!;
    const labels = Int32Array.from({ length: count }, (_, place) => target(this.#target, place)[0]!);
    const perClass = Array.from({ length: classes }, (_, c) => {
      const targets = Array.from(labels, (label) => label === c);
      if (new Set(targets).size < 2) return Number.NaN;
      const scores = Float32Array.from({ length: count }, (_, sample) => data[sample * classes + c]!);
      return auroc(scores, targets);
    });
    const defined = perClass.filter((value) => !Number.isNaN(value));
    return { perClass, macro: defined.reduce((sum, value) => sum + value, 0) / defined.length };
  }
}

function classesOf(output: Tensor, name: string): number {
  if (output.rank === 2 && sizeOf(output.shape) > 0) return output.shape[1]!;
  throw new ShapeError(`${name}: expected class scores [B, C] from the model, got shape [${output.shape.join(', ')}]`);
}
