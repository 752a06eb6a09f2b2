/** Evaluation on the workers: mean loss and accuracy of a model over a data set, dropout off. */
import { crossEntropy, defaultArena, type nn } from '@lockstep/core';
import { batches, type Dataset } from '@lockstep/data';
import { InlinePool } from '../pool/inline.ts';
import type { Pool } from '../pool/pool.ts';
import { Session } from './session.ts';
import { type SharedData, shareData } from './shared-data.ts';
import { type LossFunction, resultWords, StepPrograms } from './step-programs.ts';

export interface Evaluation {
  readonly loss: number;
  /** Share of right answers; NaN when the output is not class scores. */
  readonly accuracy: number;
  readonly samples: number;
}

export interface EvaluateOptions {
  readonly model: nn.Module;
  readonly data: Dataset;
  readonly pool?: Pool;
  /** Default: cross-entropy. */
  readonly loss?: LossFunction;
  readonly signal?: AbortSignal;
}

const evaluationBatch = 256;

/** Evaluates a model once. Rejects with the signal's reason when aborted. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const arena = defaultArena();
  const session = new Session({ arena, pool: options.pool ?? new InlinePool(), hyperWords: 0 });
  try {
    const programs = new StepPrograms({ session, model: options.model, loss: options.loss ?? crossEntropy, seed: 0 });
    options.signal?.throwIfAborted();
    const data = shareData(options.data, arena);
    const evaluation = await evaluateOn(session, { programs, data, signal: options.signal });
    if (!evaluation) throw options.signal?.reason;
    return evaluation;
  } finally {
    session.release();
  }
}

/** Evaluates within a running session; undefined when the signal stopped it. */
export async function evaluateOn(
  session: Session,
  options: { programs: StepPrograms; data: SharedData; signal?: AbortSignal | undefined },
): Promise<Evaluation | undefined> {
  const { programs, data, signal } = options;
  const plan = batches({ count: data.count, batchSize: evaluationBatch });
  const steps = Array.from({ length: plan.steps }, (_, step) => ({
    program: programs.evaluation(data, plan.sizeOf(step)),
    step,
    samples: plan.sizeOf(step),
  }));
  const stop = () => session.stop();
  signal?.addEventListener('abort', stop);
  try {
    const results = await session.run({ steps, fillIndices: (i, into) => plan.fill(i, into) });
    if (signal?.aborted) return undefined;
    // Summed in f64 in the order of the batches.
    let loss = 0;
    let right = 0;
    results.forEach((result, i) => {
      loss += result[resultWords.loss]! * steps[i]!.samples;
      right += result[resultWords.correct]!;
    });
    return { loss: loss / data.count, accuracy: right / data.count, samples: data.count };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
