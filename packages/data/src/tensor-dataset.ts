/** Samples of several named arrays: inputs and targets of models with more than one, or with targets that are numbers. */
import { DataError } from './data-error.ts';
import { type AllocateBytes, allocateFloat32, allocateInt32, allocateShared } from './storage.ts';

/** The values of one input or target for all samples. */
export interface NamedArray {
  /** [count, …shape]; finite if floats. */
  readonly values: Float32Array | Int32Array;
  /** Of one sample; [] for one number each. */
  readonly shape: readonly number[];
}

/** In the order of their names here, inputs are the arguments of a model's `forward`. */
export interface TensorDataset {
  readonly name: string;
  readonly count: number;
  readonly inputs: Readonly<Record<string, NamedArray>>;
  readonly targets: Readonly<Record<string, NamedArray>>;
}

export interface NamedArrayOptions {
  /** [count, …shape]. Integers stay integers (class numbers), everything else becomes f32. */
  readonly values: Float32Array | Int32Array | readonly number[];
  /** Default: what the count leaves, [] for one number each. */
  readonly shape?: readonly number[];
}

export interface TensorDatasetOptions {
  readonly inputs: Readonly<Record<string, NamedArrayOptions>>;
  readonly targets: Readonly<Record<string, NamedArrayOptions>>;
  readonly count: number;
  readonly name?: string;
  /** Default: a SharedArrayBuffer of its own. */
  readonly allocate?: AllocateBytes;
}

/** Copies the arrays to shared memory; a DataError names the array that does not fit. PyTorch's `TensorDataset`, with names. */
export function tensorDataset(options: TensorDatasetOptions): TensorDataset {
  const { inputs, targets, count, name = 'arrays', allocate = allocateShared } = options;
  if (!Number.isInteger(count) || count < 1)
    throw new DataError({
      where: 'count',
      expected: 'a whole number from 1',
      got: String(count),
      hint: 'Give the number of samples.',
    });
  const shared = (of: TensorDatasetOptions['inputs'], kind: string): Record<string, NamedArray> => {
    const entries = Object.entries(of).map(
      ([key, array]) => [key, sharedArray(`${kind}.${key}`, array, { count, allocate })] as const,
    );
    if (entries.length > 0) return Object.fromEntries(entries);
    throw new DataError({
      where: kind,
      expected: 'at least one array',
      got: 'none',
      hint: 'Name the arrays, such as { x: … }.',
    });
  };
  return { name, count, inputs: shared(inputs, 'inputs'), targets: shared(targets, 'targets') };
}

function sharedArray(
  where: string,
  { values, shape: given }: NamedArrayOptions,
  { count, allocate }: { count: number; allocate: AllocateBytes },
): NamedArray {
  const rest = values.length / count;
  const shape = given ?? (rest === 1 ? [] : [rest]);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (!shape.every((extent) => Number.isInteger(extent) && extent > 0) || size * count !== values.length) {
    throw new DataError({
      where,
      expected: `${count} samples of shape [${shape.join(', ')}]`,
      got: `${values.length} values`,
      hint: 'Lay the array out as [count, …shape].',
    });
  }
  if (values instanceof Int32Array) {
    const copy = allocateInt32(allocate, values.length);
    copy.set(values);
    return { values: copy, shape };
  }
  const copy = allocateFloat32(allocate, values.length);
  copy.set(values);
  const wrong = copy.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return { values: copy, shape };
  throw new DataError({
    where,
    expected: 'finite numbers',
    got: `${values[wrong]} at index ${wrong}`,
    hint: 'Replace missing values before training.',
  });
}
