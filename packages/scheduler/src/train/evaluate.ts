/** Evaluation on the workers: mean loss and accuracy of a model over a data set, dropout off. */
import { crossEntropy, defaultArena, type nn, sizeOf } from '@lockstep/core';
import { batches, type Dataset, type TensorDataset } from '@lockstep/data';
import type { MetricName, MetricValues } from '../metrics/metric.ts';
import { MetricSet } from '../metrics/metric-set.ts';
import { InlinePool } from '../pool/inline.ts';
import type { Pool } from '../pool/pool.ts';
import type { LossFunction, StepFunction } from './forward-step.ts';
import { persistently } from './persistence.ts';
import { sampleAt } from './samples.ts';
import { Session } from './session.ts';
import { type SharedData, shareData } from './shared-data.ts';
import { resultWords, StepPrograms } from './step-programs.ts';

export interface Evaluation {
  readonly loss: number;
  /** Share of right answers; 0 when the output is not class scores. */
  readonly accuracy: number;
  readonly samples: number;
  /** What was asked for. */
  readonly metrics?: MetricValues;
}

export interface EvaluateOptions {
  readonly model: nn.Module;
  readonly data: Dataset | TensorDataset;
  readonly pool?: Pool;
  /** Default: cross-entropy. */
  readonly loss?: LossFunction;
  /** Instead of `loss`. */
  readonly step?: StepFunction;
  /** Computed besides the loss, on the workers: `['f1', 'top5']`. Default: none. */
  readonly metrics?: readonly MetricName[];
  readonly signal?: AbortSignal;
}

/** Samples of an evaluation's batches. */
export const evaluationBatch = 256;

/** Evaluates a model once. Rejects with the signal's reason when aborted. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const arena = defaultArena();
  const session = new Session({ arena, pool: options.pool ?? new InlinePool(), hyperWords: 0 });
  try {
    const { model, step, signal } = options;
    const loss = options.loss ?? crossEntropy;
    const programs = new StepPrograms({ session, model, loss, step, seed: 0 });
    signal?.throwIfAborted();
    const data = shareData(options.data, session);
    const metrics = metricsOf(data, options.metrics);
    const evaluation = await persistently(session.pool, {
      what: 'the evaluation',
      run: () => evaluateOn(session, { programs, data, metrics, signal }),
    });
    if (!evaluation) throw signal?.reason;
    return evaluation;
  } finally {
    session.release();
  }
}

/** What is computed for the metrics of a data set; undefined without any. @throws RangeError for unknown names. */
export function metricsOf(data: SharedData, names: readonly MetricName[] | undefined): MetricSet | undefined {
  if (!names?.length) return undefined;
  const { dataset, count } = data;
  const target = (name: string, place: number) => {
    const { values, shape } = 'inputs' in dataset ? dataset.targets[name]! : { values: dataset.labels, shape: [] };
    const [size, sample] = [sizeOf(shape), data.subset?.[place] ?? place];
    return values.subarray(sample * size, (sample + 1) * size);
  };
  return new MetricSet({ names, count, batchSamples: evaluationBatch, target });
}

/** Evaluates within a running session; undefined when the signal stopped it. */
export async function evaluateOn(
  session: Session,
  options: {
    programs: StepPrograms;
    data: SharedData;
    metrics?: MetricSet | undefined;
    signal?: AbortSignal | undefined;
  },
): Promise<Evaluation | undefined> {
  const { programs, data, metrics, signal } = options;
  metrics?.reset();
  const permute = sampleAt(data);
  const plan = batches({ count: data.count, batchSize: evaluationBatch, ...(permute ? { permute } : {}) });
  const steps = Array.from({ length: plan.steps }, (_, step) => ({
    program: programs.evaluation(data, plan.sizeOf(step), metrics),
    step,
    samples: plan.sizeOf(step),
  }));
  const results = await session.run({ steps, fillIndices: (i, into) => plan.fill(i, into) }, { signal });
  if (signal?.aborted) return undefined;
  // Summed in f64 in the order of the batches.
  let loss = 0;
  let right = 0;
  results.forEach((result, i) => {
    loss += result[resultWords.loss]! * steps[i]!.samples;
    right += result[resultWords.correct]!;
  });
  const accuracy = right / data.count;
  const words = results.map((result) => result.subarray(resultWords.metrics));
  return {
    loss: loss / data.count,
    accuracy,
    samples: data.count,
    ...(metrics ? { metrics: metrics.values(words, accuracy) } : {}),
  };
}
