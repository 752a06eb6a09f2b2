/** The shape of the golden JSON files, and how to get arrays out of them. */
import { hashUniform } from './hash.ts';

/** An array in a golden file: literal values, or the name and bound of a hashed sequence. */
export type GoldenArray =
  | { readonly shape: readonly number[]; readonly data: readonly number[] }
  | { readonly shape: readonly number[]; readonly hash: string; readonly bound: number };

/** One case of ops.json. */
export interface OperationCase {
  readonly name: string;
  readonly op: string;
  readonly note?: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** In the order of the operation's arguments. */
  readonly inputs: Readonly<Record<string, GoldenArray>>;
  readonly output: { readonly shape: readonly number[]; readonly data: readonly number[] };
  readonly upstream: GoldenArray;
  /** For each input, the gradient of sum(output * upstream), flat, with the input's shape. */
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** One case of optim.json: `parameters[k]` is the parameter after the step that used `gradients[k]`. */
export interface OptimizerCase {
  readonly name: string;
  readonly optimizer:
    | 'SGD'
    | 'Adam'
    | 'AdamW'
    | 'NAdam'
    | 'RAdam'
    | 'Adamax'
    | 'RMSprop'
    | 'Adagrad'
    | 'Adadelta'
    | 'Lion';
  readonly options: Readonly<Record<string, number | boolean | readonly [number, number]>>;
  readonly initial: readonly number[];
  readonly gradients: readonly (readonly number[])[];
  readonly parameters: readonly (readonly number[])[];
  readonly parametersFloat64: readonly (readonly number[])[];
}

/** What seed-net.json says about one sampled tensor of seed-net.safetensors. */
export interface SampleSummary {
  readonly shape: readonly number[];
  readonly count: number;
  readonly stride: number;
  readonly sampleCount: number;
  readonly l2: number;
  readonly sum: number;
  readonly maxAbs: number;
  /** How far PyTorch in float32 is from PyTorch in float64, over all elements. */
  readonly noise: {
    readonly relativeL2: number;
    readonly maxAbs: number;
    readonly l2: number;
    readonly sum: number;
  };
}

/** The values of an array in a golden file, row-major. */
export function goldenArray(array: GoldenArray): Float32Array {
  const count = array.shape.reduce((product, size) => product * size, 1);
  const values = 'data' in array ? Float32Array.from(array.data) : hashUniform(array.hash, count, array.bound);
  if (values.length !== count)
    throw new RangeError(`shape [${array.shape}] needs ${count} values, not ${values.length}`);
  return values;
}

/** Every `stride`-th element, as the golden files sample large tensors. */
export function stridedSample(values: ArrayLike<number>, stride: number): Float32Array {
  const sample = new Float32Array(Math.ceil(values.length / stride));
  for (let k = 0; k < sample.length; k++) sample[k] = values[k * stride]!;
  return sample;
}
