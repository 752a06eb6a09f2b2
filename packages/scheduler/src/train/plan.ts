/** What the compiler makes of a training step, without running it: for people and for tests. */
import {
  ByteCounter,
  compile,
  crossEntropy,
  type InputSource,
  type nn,
  type Optimizer,
  type Program,
  traceWith,
} from '@lockstep/core';
import { namesOf, plannedShards, traceStep } from './step-programs.ts';

export interface PlanOptions {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  /** Shape of one sample: an image of bytes if of rank 3, else numbers. */
  readonly inputShape: readonly number[];
  readonly batchSize: number;
  /** Default: chosen from the batch size. */
  readonly shards?: number | undefined;
  /** Micro-batches of the batch. Default 1. */
  readonly accumulate?: number | undefined;
}

/** The program of a step with cross-entropy, with labels. It has no memory, so it cannot be run. */
export function planStep(options: PlanOptions): Program {
  const { model, optimizer, inputShape, batchSize: batch, accumulate } = options;
  const data = { shape: inputShape, inputs: sourceOf(inputShape), targets: rows(4) };
  const update = { optimizer, hyper: 0, flags: 0 };
  const traced = traceWith(0, () => traceStep({ model, loss: crossEntropy, data, samples: batch, update }));
  const { program } = compile(traced, {
    arena: new ByteCounter(),
    control: { step: 0, indices: 0 },
    batch,
    microBatch: microBatchOf(batch, accumulate),
    shards: options.shards ?? plannedShards(batch),
    labels: { names: namesOf(model) },
  });
  return program;
}

/**
 * Samples of a micro-batch, about, where there is more than one; undefined: all at once.
 *
 * @throws RangeError for other numbers than whole ones from 1 to the batch size.
 */
export function microBatchOf(batch: number, accumulate = 1): number | undefined {
  if (!Number.isInteger(accumulate) || accumulate < 1 || accumulate > batch)
    throw new RangeError(`accumulate: expected an integer from 1 to the batch size ${batch}, got ${accumulate}`);
  return accumulate === 1 ? undefined : Math.ceil(batch / accumulate);
}

/** A data set as training reads it, without data. */
function sourceOf(shape: readonly number[]): InputSource {
  if (shape.length !== 3) return rows(4 * shape.reduce((product, extent) => product * extent, 1));
  const [channels, height, width] = shape as [number, number, number];
  const same = new Array<number>(channels).fill(1);
  return { kind: 'images', address: 0, channels, pixels: height * width, scale: same, shift: same };
}

function rows(sampleBytes: number): InputSource {
  return { kind: 'rows', address: 0, sampleBytes };
}
