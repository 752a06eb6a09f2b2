/** The models that our training contenders train, by name, and random data for them. */
import { defaultArena, F, type nn, type Tensor } from '@lockstep/core';
import { MLP, ResNet, resNet18, SeedNet } from '@lockstep/core/models';
import { arrayDataset, type Dataset } from '@lockstep/data';
import { arenaAllocator } from '@lockstep/scheduler';

export interface Subject {
  readonly shape: readonly number[];
  readonly model: nn.Module;
  /** The inputs of the linear layers in training. */
  readonly activations: (x: Tensor) => Tensor[];
}

/** A new row's model goes here, and by the same name into torch_models.py. */
export const models: Record<string, (dropout: number) => Subject> = {
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
  'resnet18-cifar': () => ({ shape: [3, 32, 32], model: resNet18([3, 32, 32], 10), activations: () => [] }),
};

/** Images as bytes, normalised while they are gathered; flat inputs as floats. Both close to normal. */
export function randomData(sample: readonly number[], count: number): Dataset {
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
export function normalish(i: number): number {
  let bits = Math.imul(i ^ (i >>> 15), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  bits ^= bits >>> 16;
  return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / 147.8;
}
