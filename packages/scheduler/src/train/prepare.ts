/** Builds all programs of a run before its first step, so that one that needs more memory than there is does not begin. */
import { OutOfMemoryError } from '@lockstep/core';
import { batches } from '@lockstep/data';
import type { MetricSet } from '../metrics/metric-set.ts';
import { evaluationBatch } from './evaluate.ts';
import type { TrainOptions } from './options.ts';
import { datasetBytes, memoryLimit, memoryRefusal, type RunMemoryParts, runMemory } from './run-memory.ts';
import type { Session } from './session.ts';
import type { SharedData } from './shared-data.ts';
import type { StepPrograms } from './step-programs.ts';

export interface PreparedParts {
  readonly options: TrainOptions;
  readonly session: Session;
  readonly programs: StepPrograms;
  readonly data: SharedData;
  readonly test: SharedData | undefined;
  readonly metrics: MetricSet | undefined;
  /** Samples of an epoch. */
  readonly count: number;
}

/** @throws OutOfMemoryError that says what takes how much. */
export function prepareRun(parts: PreparedParts): void {
  const { options, session, programs, data, test, metrics, count } = parts;
  const { optimizer, batchSize } = options;
  const wanted = [
    ...sizesOf(count, batchSize).map((samples) => ({
      name: `training step of ${samples}`,
      build: () => programs.training(data, samples, optimizer),
      size: () => programs.size(data, samples, { optimizer }),
    })),
    ...(test ? sizesOf(test.count, evaluationBatch) : []).map((samples) => ({
      name: `evaluation of ${samples}`,
      build: () => programs.evaluation(test!, samples, metrics),
      size: () => programs.size(test!, samples, { metrics }),
    })),
  ];
  const limit = memoryLimit(session.arena);
  const given = {
    ...{ model: options.model, optimizer, average: options.average },
    dataBytes: datasetBytes(data.dataset) + (options.test ? datasetBytes(options.test) : 0),
    workers: session.pool.workers,
  };
  try {
    for (const { build } of wanted) build();
    if (runMemory({ ...given, programs: [] }).bytes + session.bytes <= limit.bytes) return;
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
  }
  const planned = wanted.map(({ name, size }): RunMemoryParts['programs'][number] => ({ name, program: size() }));
  throw memoryRefusal(runMemory({ ...given, programs: planned }), {
    ...{ limit: limit.text, batchSize: Math.min(batchSize, count), workers: session.pool.workers },
  });
}

/** The sizes of the batches of an epoch: of all but the last, and of the last. */
function sizesOf(count: number, batchSize: number): number[] {
  const plan = batches({ count, batchSize });
  return [...new Set([plan.sizeOf(0), plan.sizeOf(plan.steps - 1)])];
}
