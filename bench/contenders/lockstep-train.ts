/**
 * Trains a model through `train()` as users call it: batches gathered from a shuffled data set, dropout drawn, loss and accuracy
 * computed, weights updated. Prints images/s of the median epoch by the wall clock (compiling and warming up are epoch 1, left out),
 * the peak RSS, and the share of nonzero inputs of the linear layers, on which our speed depends.
 * Argument: {"model", "dropout", "optimizer", "workers", "batch", "count" (samples an epoch), "blocks" (epochs)}.
 */
import { Adam, manualSeed, type Optimizer, SGD, tensor } from '@lockstep/core';
import { train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';
import { models, normalish, randomData } from './lockstep-models.ts';

interface Options {
  readonly model: string;
  readonly dropout: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly workers: number;
  readonly batch: number;
  readonly count: number;
  readonly blocks: number;
}

const { model: name, dropout, optimizer: kind, workers, batch, count, blocks } = readOptions();
const kernels = enableRevectorize();
manualSeed(0);
const { shape, model, activations } = models[name]!(dropout);
const data = randomData(shape, count);
const parameters = model.parameters();
const optimizer: Optimizer =
  kind === 'adam' ? new Adam(parameters, { lr: 0.001 }) : new SGD(parameters, { lr: 0.01, momentum: 0.9 });
const pool = new NodePool({ workers });
const ends: number[] = [];
await train({
  model,
  optimizer,
  data,
  batchSize: batch,
  epochs: blocks + 1,
  pool,
  onEvent: (event) => {
    if (event.type === 'epoch') ends.push(performance.now());
  },
});
await pool.close();
const rates = ends.slice(1).map((end, i) => (1000 * count) / (end - ends[i]!));
rates.sort((a, b) => a - b);
const peakRssMiB = process.resourceUsage().maxRSS / 1024;
const imagesPerSecond = rates[rates.length >> 1]!;
console.log(JSON.stringify({ imagesPerSecond, peakRssMiB, density: density(), kernels }));

function readOptions(): Options {
  return JSON.parse(process.argv.at(-1)!) as Options;
}

/** Share of nonzero inputs of the linear layers, after training, on a batch of fresh noise. */
function density(): number {
  model.train();
  const size = shape.reduce((product, extent) => product * extent, 16);
  const x = tensor(
    Float32Array.from({ length: size }, (_, i) => normalish(i)),
    { shape: [16, ...shape] },
  );
  const all = activations(x).map(({ data: values }) => ({
    nonzero: (values as Float32Array).reduce((sum, value) => sum + Number(value !== 0), 0),
    size: values.length,
  }));
  const total = (key: 'nonzero' | 'size'): number => all.reduce((sum, counts) => sum + counts[key], 0);
  return all.length === 0 ? 1 : Number((total('nonzero') / total('size')).toFixed(3));
}
