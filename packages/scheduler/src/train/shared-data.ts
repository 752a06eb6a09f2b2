/** Brings a data set into the arena (if its reader did not decode it there) and says how the gather kernels read it. */
import {
  type Arena,
  type InputSource,
  type MixAddresses,
  ShapeError,
  sizeOf,
  type Tensor,
  tensor,
} from '@lockstep/core';
import type { AllocateBytes, Dataset, TensorDataset } from '@lockstep/data';
import type { Session } from './session.ts';

/** One input or target of all samples. */
export interface SharedArray {
  readonly name: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly dtype: 'f32' | 'i32';
  readonly source: InputSource;
}

/** A data set whose samples the workers can gather. */
export interface SharedData {
  readonly dataset: Dataset | TensorDataset;
  readonly count: number;
  /** Shape of one sample. */
  readonly shape: readonly number[];
  readonly inputs: InputSource;
  readonly targets: InputSource;
  /** The arrays of a data set that has names for them; `shape`, `inputs` and `targets` are then the first. */
  readonly arrays?: { readonly inputs: readonly SharedArray[]; readonly targets: readonly SharedArray[] };
  /** The data set's numbers of these samples, where they are not all; `count` is theirs. */
  readonly subset?: Int32Array;
  /** The weight of each sample's loss in training, where they differ. */
  readonly weights?: InputSource;
  /** How samples are mixed with their partners, if they are. */
  readonly mix?: MixAddresses;
}

const arenaBuffers = new WeakSet<ArrayBufferLike>();

/** Memory of the arena for a reader to decode into; kept for the life of the arena. */
export function arenaAllocator(arena: Arena): AllocateBytes {
  return (bytes) => {
    const block = arena.allocate(bytes);
    arenaBuffers.add(arena.memory.buffer);
    return new Uint8Array(arena.memory.buffer, block.offsetBytes, bytes);
  };
}

/** What the inputs of a program need of a data set. */
export type SharedInputs = Pick<SharedData, 'count' | 'shape' | 'inputs'>;

/** Samples along axis 0 of a tensor; one of another arena is copied. The tensor given back must stay reachable while they are read. */
export function shareTensor(samples: Tensor, arena: Arena): { tensor: Tensor; shared: SharedInputs } {
  const [count, ...shape] = samples.shape;
  if (count === undefined) throw new ShapeError('data: expected samples along axis 0, got a single number');
  const values = samples.to('f32');
  const { data } = values;
  const own = values.node.storage!.arena === arena ? values : tensor(data, { shape: samples.shape, arena });
  const { offsetBytes } = own.node.storage!;
  return {
    tensor: own,
    shared: { count, shape, inputs: { kind: 'rows', address: offsetBytes, sampleBytes: 4 * sizeOf(shape) } },
  };
}

/** A copy, where one is needed, lives as long as the session: it reads the data as they are now. */
export function shareData(dataset: Dataset | TensorDataset, session: Session): SharedData {
  if ('inputs' in dataset) return shareArrays(dataset, session);
  const targets: InputSource = { kind: 'rows', address: addressOf(dataset.labels, session), sampleBytes: 4 };
  const { count, shape } = dataset;
  if ('features' in dataset) {
    const sampleBytes = 4 * shape.reduce((product, extent) => product * extent, 1);
    return {
      dataset,
      count,
      shape,
      targets,
      inputs: { kind: 'rows', address: addressOf(dataset.features, session), sampleBytes },
    };
  }
  const [channels, height, width] = dataset.shape;
  // (u8 / 255 − mean) / std as one product and one sum, rounded to f32 once each.
  const scale = dataset.std.map((std) => 1 / (255 * std));
  const shift = dataset.mean.map((mean, channel) => -mean / dataset.std[channel]!);
  const address = addressOf(dataset.images, session);
  return {
    dataset,
    count,
    shape,
    targets,
    inputs: { kind: 'images', address, channels, pixels: height * width, scale, shift },
  };
}

function shareArrays(dataset: TensorDataset, session: Session): SharedData {
  const share = (arrays: TensorDataset['inputs']): SharedArray[] =>
    Object.entries(arrays).map(([name, { values, shape }]) => ({
      name,
      shape,
      dtype: values instanceof Int32Array ? 'i32' : 'f32',
      source: { kind: 'rows', address: addressOf(values, session), sampleBytes: 4 * sizeOf(shape) },
    }));
  const arrays = { inputs: share(dataset.inputs), targets: share(dataset.targets) };
  const [{ shape, source: inputs }, { source: targets }] = [arrays.inputs[0]!, arrays.targets[0]!];
  return { dataset, count: dataset.count, shape, inputs, targets, arrays };
}

/** Where an array lies in the session's arena; copies it there if it lies elsewhere. */
function addressOf(array: Uint8Array | Int32Array | Float32Array, session: Session): number {
  if (arenaBuffers.has(array.buffer)) return array.byteOffset;
  const { offsetBytes } = session.own(array.byteLength);
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  // Asked for now: where memory grows, its buffer is another one.
  new Uint8Array(session.arena.memory.buffer, offsetBytes).set(bytes);
  return offsetBytes;
}
