/** Gathers batches of byte images as training does: in shards, from indices, at a step. */
import { compile, defaultArena, type InputSource, inputTensor, kernelTable, link, runPhases } from '@lockstep/core';
import type { MixAddresses } from '../src/augment/index.ts';
import { type Augmentation, augmentedSource } from '../src/augment/index.ts';

export interface Images {
  readonly bytes: Uint8Array;
  readonly shape: readonly [channels: number, height: number, width: number];
}

export interface BatchOptions {
  readonly seed?: number;
  readonly steps?: readonly number[];
  readonly shards?: number;
  /** Sample numbers; default 0, 1, 2, … */
  readonly indices?: readonly number[];
  readonly mix?: MixAddresses;
  /** Pixels become bytes again unless told otherwise: byte = value. */
  readonly scale?: readonly number[];
  readonly shift?: readonly number[];
}

/** Batches of each step, one after the other, [B, C, H, W]. */
export function gathered(images: Images, list: readonly Augmentation[], options: BatchOptions = {}): Float32Array[] {
  const { seed = 7, steps = [0], shards = 1, mix } = options;
  const [channels, height, width] = images.shape;
  const samples = images.bytes.length / (channels * height * width);
  const indices = options.indices ?? Array.from({ length: samples }, (_, i) => i);
  const arena = defaultArena();
  const data = arena.allocate(images.bytes.length);
  new Uint8Array(arena.memory.buffer).set(images.bytes, data.offsetBytes);
  const control = arena.allocate(64 + 4 * indices.length);
  const words = new Uint32Array(arena.memory.buffer, control.offsetBytes, 16 + indices.length);
  words[1] = control.offsetBytes + 64;
  words.set(indices, 16);
  const source: InputSource = {
    kind: 'images',
    address: data.offsetBytes,
    channels,
    pixels: height * width,
    scale: options.scale ?? new Array<number>(channels).fill(1),
    shift: options.shift ?? new Array<number>(channels).fill(0),
  };
  const x = inputTensor('x', {
    shape: [indices.length, ...images.shape],
    dtype: 'f32',
    source: augmentedSource(source, { list, seed, shape: images.shape, mix }),
  });
  const { program, outputs } = compile(
    { outputs: [x.node] },
    { arena, control: { step: control.offsetBytes, indices: control.offsetBytes + 4 }, batch: indices.length, shards },
  );
  const scratch = arena.allocate(program.scratchBytes);
  const linked = link(program, scratch.offsetBytes);
  const batches = steps.map((step) => {
    words[0] = step;
    new Uint8Array(arena.memory.buffer, scratch.offsetBytes, scratch.bytes).fill(0xff);
    for (const phases of [program.prologue, program.phases]) runPhases(phases, kernelTable(arena.kernels), linked);
    return new Float32Array(arena.memory.buffer, outputs[0]!, x.size).slice();
  });
  for (const block of [data, control, scratch, ...program.blocks]) arena.free(block);
  return batches;
}

/** `count` times the same image, whose pixels are `value(c, y, x)`. */
export function copies(
  count: number,
  shape: Images['shape'],
  value: (c: number, y: number, x: number) => number,
): Images {
  const [channels, height, width] = shape;
  const image = Array.from({ length: channels * height * width }, (_, i) =>
    value(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width),
  );
  const bytes = new Uint8Array(count * image.length);
  for (let s = 0; s < count; s++) bytes.set(image, s * image.length);
  return { bytes, shape };
}

/** The samples of a batch. */
export function split(batch: Float32Array, { shape }: Images): number[][] {
  const size = shape[0] * shape[1] * shape[2];
  return Array.from({ length: batch.length / size }, (_, s) => [...batch.subarray(s * size, (s + 1) * size)]);
}
