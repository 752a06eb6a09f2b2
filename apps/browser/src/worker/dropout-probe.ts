/** What dropout does to one sample, layer by layer, with the weights of this moment: computed by the engine, in the coordinator's thread. */
import { F, manualSeed, nn, ones, type Tensor, tensor } from '@lockstep/core';
import type { Dataset } from '@lockstep/data';
import type { DropoutPicture } from '../run/messages.ts';

/** Values of a picture at most. */
const mostValues = 1024;

interface Call {
  readonly layer: string;
  readonly p: number;
  readonly input: Tensor;
  readonly output: Tensor;
}

/**
 * The model's dropout calls for a sample: once while training, with masks drawn from `seed`, once in evaluation. Only between two steps; the
 * model is left in training mode, as a run has it.
 */
export function probeDropout(model: nn.Module, x: Tensor, at: { seed: number; step: number }): DropoutPicture[] {
  const training = callsOf(model.train(), x, at.seed);
  const evaluation = callsOf(model.eval(), x, at.seed);
  model.train();
  // The same call sites of the same seed draw the same masks, and ones show them where an activation is 0 itself.
  manualSeed(at.seed);
  return training.map(({ layer, p, input, output }, i) => {
    const mask = valuesOf(F.dropout(ones(input.shape), { p }));
    return {
      layer,
      p,
      step: at.step,
      before: valuesOf(input),
      mask: Uint8Array.from(mask, (value) => (value === 0 ? 0 : 1)),
      after: valuesOf(output),
      evaluation: valuesOf(evaluation[i]!.output),
    };
  });
}

/** A sample as the network takes it, [1, …shape]. */
export function sampleOf(data: Dataset, index: number): Tensor {
  const { shape } = data;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const [from, to] = [index * size, (index + 1) * size];
  if ('features' in data) return tensor([...data.features.subarray(from, to)], { shape: [1, ...shape] });
  return imageTensor(data, data.images.subarray(from, to));
}

/** Bytes [C, H, W] → (pixel / 255 − mean) / std, [1, C, H, W]. */
export function imageTensor(
  { shape, mean, std }: { shape: readonly number[]; mean: readonly number[]; std: readonly number[] },
  pixels: Uint8Array,
): Tensor {
  const plane = pixels.length / shape[0]!;
  const values = Array.from(pixels, (pixel, i) => {
    const channel = Math.floor(i / plane);
    return (pixel / 255 - mean[channel]!) / std[channel]!;
  });
  return tensor(values, { shape: [1, ...shape] });
}

function callsOf(model: nn.Module, x: Tensor, seed: number): Call[] {
  const calls: Call[] = [];
  const hooks = [...model.namedModules()].flatMap(([name, module]) =>
    module instanceof nn.Dropout
      ? [
          module.registerForwardHook((_, inputs, output) => {
            calls.push({ layer: name, p: module.p, input: inputs[0]!, output });
          }),
        ]
      : [],
  );
  manualSeed(seed);
  try {
    void model.forward(x).data;
  } finally {
    for (const hook of hooks) hook.remove();
  }
  return calls;
}

function valuesOf({ data }: Tensor): Float32Array {
  return Float32Array.from(data.subarray(0, mostValues));
}
