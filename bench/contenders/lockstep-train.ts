/**
 * Trains a model through `train()` as users call it: batches gathered from a shuffled data set, dropout drawn, loss and accuracy
 * computed, weights updated. Prints images/s of the median epoch by the wall clock (compiling and warming up are epoch 1, left out),
 * the peak RSS, and the share of nonzero inputs of the linear layers, on which our speed depends.
 * Argument: {"model", "dropout", "optimizer", "workers", "batch", "count" (samples an epoch), "blocks" (epochs)}.
 */
import { Adam, defaultArena, F, manualSeed, type nn, type Optimizer, SGD, type Tensor, tensor } from '@lockstep/core';
import { MLP, ResNet, SeedNet } from '@lockstep/core/models';
import { arrayDataset, type Dataset } from '@lockstep/data';
import { arenaAllocator, train } from '@lockstep/scheduler';
import { enableRevectorize, NodePool } from '@lockstep/scheduler/node';

interface Options {
  readonly model: string;
  readonly dropout: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly workers: number;
  readonly batch: number;
  readonly count: number;
  readonly blocks: number;
}

interface Subject {
  readonly shape: readonly number[];
  readonly model: nn.Module;
  /** The inputs of the linear layers in training. */
  readonly activations: (x: Tensor) => Tensor[];
}

/** A new row's model goes here, and by the same name into torch_models.py. */
const models: Record<string, (dropout: number) => Subject> = {
  'seed-net': (dropout) => {
    const model = new SeedNet([3, 32, 32], 10, { dropout });
    const activations = (x: Tensor): Tensor[] => {
      const flat = model.dropout.forward(model.features(x).flatten(1));
      return [flat, model.dropout.forward(F.relu(model.fc1.forward(flat)))];
    };
    return { shape: [3, 32, 32], model, activations };
  },
  mlp: (dropout) => {
    const model = new MLP([784], 10, { dropout });
    const activations = (x: Tensor): Tensor[] => {
      const inputs = [model.inputDropout.forward(x)];
      for (const layer of model.layers.slice(0, -1)) {
        inputs.push(model.dropout.forward(F.relu(layer.forward(inputs.at(-1)!))));
      }
      return inputs;
    };
    return { shape: [784], model, activations };
  },
  // Its convolutions multiply whatever they read; the one linear layer reads means, which are dense.
  'resnet-8': () => {
    const model = new ResNet([3, 32, 32], 10);
    return { shape: [3, 32, 32], model, activations: () => [] };
  },
};

const { model: name, dropout, optimizer: kind, workers, batch, count, blocks } = readOptions();
const kernels = enableRevectorize();
manualSeed(0);
const { shape, model, activations } = models[name]!(dropout);
const data = randomData(shape);
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

/** Images as bytes, normalised while they are gathered; flat inputs as floats. Both close to normal. */
function randomData(sample: readonly number[]): Dataset {
  const size = sample.reduce((product, extent) => product * extent, count);
  const labels = Int32Array.from({ length: count }, (_, i) => (Math.imul(i, 0x85ebca6b) >>> 8) % 10);
  const allocate = arenaAllocator(defaultArena());
  if (sample.length === 1) {
    return arrayDataset({
      features: Float32Array.from({ length: size }, (_, i) => normalish(i)),
      labels,
      shape: sample,
      allocate,
    });
  }
  const images = Uint8Array.from({ length: size }, (_, i) => 127.5 + 40 * normalish(i));
  return arrayDataset({ images, labels, shape: [sample[0]!, sample[1]!, sample[2]!], allocate });
}

/** A sum of four uniform bytes: close to normal, mean 0, deviation 1. */
function normalish(i: number): number {
  let bits = Math.imul(i ^ (i >>> 15), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  bits ^= bits >>> 16;
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 147.8;
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
