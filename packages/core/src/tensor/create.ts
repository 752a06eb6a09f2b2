/** Creation of tensors: from values, constants, ranges and random numbers. All live in the default arena unless another is given. */
import { f32Bits } from '@lockstep/kernels';
import { ShapeError, TensorStateError } from '../errors.ts';
import { randomContext } from '../graph/context.ts';
import { makeNode } from '../graph/node.ts';
import { type Arena, defaultArena } from '../memory/arena.ts';
import { leaf } from '../ops/source.ts';
import { type Seed, streamKey } from '../random/streams.ts';
import { bytesPerElement, type DType } from './dtype.ts';
import { checkCount, checkShape, formatShape, type Shape, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

export interface TensorOptions<D extends DType = 'f32'> {
  /** Default f32. */
  readonly dtype?: D;
  /** Whether `backward()` computes its gradient. Default false. */
  readonly requiresGrad?: boolean;
  readonly arena?: Arena;
}

export type LikeOptions = Omit<TensorOptions, 'dtype'>;

export interface RandomOptions extends TensorOptions {
  /** Makes the values a function of this seed alone. Default: the next draw after `manualSeed`. */
  readonly seed?: Seed;
}

type Nested = number | readonly Nested[] | ArrayLike<number>;

/** A tensor without defined content; fill it through `.data`. */
export function empty<D extends DType = 'f32'>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  checkShape(shape, 'empty');
  const dtype: DType = options.dtype ?? 'f32';
  if (options.requiresGrad && dtype !== 'f32')
    throw new TensorStateError(`empty: only f32 tensors can require a gradient, got ${dtype}`);
  const arena = options.arena ?? defaultArena();
  const block = arena.allocate(sizeOf(shape) * bytesPerElement[dtype]);
  arena.freeWith(block, { ...block });
  const node = makeNode(leaf, [], { shape, dtype });
  node.storage = { arena, block, offsetBytes: block.offsetBytes, version: { written: 0 } };
  return new Tensor<D>(node, { requiresGrad: options.requiresGrad ?? false });
}

/**
 * A tensor of the given values: a number, nested arrays, or a flat array with `shape`. ShapeError when rows differ in length.
 */
export function tensor<D extends DType = 'f32'>(
  values: Nested,
  options: TensorOptions<D> & { shape?: Shape } = {},
): Tensor<D> {
  const shape = options.shape ?? shapeOfNested(values);
  const flat = typeof values === 'number' ? [values] : options.shape ? (values as ArrayLike<number>) : flatten(values);
  if (flat.length !== sizeOf(shape)) {
    throw new ShapeError(`tensor: ${flat.length} values do not fill the shape ${formatShape(shape)}`);
  }
  const result = empty(shape, options);
  result.data.set(flat);
  return result;
}

export function full<D extends DType = 'f32'>(shape: Shape, value: number, options: TensorOptions<D> = {}): Tensor<D> {
  const result = empty(shape, options);
  result.data.fill(value);
  return result;
}

export function zeros<D extends DType = 'f32'>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 0, options);
}

export function ones<D extends DType = 'f32'>(shape: Shape, options: TensorOptions<D> = {}): Tensor<D> {
  return full(shape, 1, options);
}

/** start, start + step, … up to but not including end. */
export function arange<D extends DType = 'f32'>(
  range: { start?: number; end: number; step?: number },
  options: TensorOptions<D> = {},
): Tensor<D> {
  const { start = 0, end, step = 1 } = range;
  if (step === 0) throw new RangeError('arange: step must not be 0');
  const result = empty([Math.max(0, Math.ceil((end - start) / step))], options);
  const { data } = result;
  for (let i = 0; i < data.length; i++) data[i] = start + i * step;
  return result;
}

/** `steps` numbers at equal distances from start to end, both included; counted from the nearer end, as PyTorch does. */
export function linspace<D extends DType = 'f32'>(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions<D> = {},
): Tensor<D> {
  checkCount(steps, 0, 'linspace: steps');
  const result = empty([steps], options);
  const { data } = result;
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  for (let i = 0; i < steps; i++) data[i] = i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step;
  if (steps === 1) data[0] = start;
  return result;
}

/** Ones on the main diagonal of a matrix [rows, columns], zeros elsewhere. Square by default. */
export function eye<D extends DType = 'f32'>(
  rows: number,
  columns: number = rows,
  options: TensorOptions<D> = {},
): Tensor<D> {
  const result = zeros([rows, columns], options);
  const { data } = result;
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * (columns + 1)] = 1;
  return result;
}

/** A tensor of the shape and dtype of another, filled with a number. */
export function fullLike<D extends DType>(like: Tensor<D>, value: number, options: LikeOptions = {}): Tensor<D> {
  return full(like.shape, value, { ...options, dtype: like.dtype });
}

/** Zeros of the shape and dtype of another tensor. */
export function zerosLike<D extends DType>(like: Tensor<D>, options: LikeOptions = {}): Tensor<D> {
  return fullLike(like, 0, options);
}

/** Ones of the shape and dtype of another tensor. */
export function onesLike<D extends DType>(like: Tensor<D>, options: LikeOptions = {}): Tensor<D> {
  return fullLike(like, 1, options);
}

/** Uniform in [low, high), by default [0, 1): 24 random bits each. */
export function rand(shape: Shape, options: RandomOptions & { low?: number; high?: number } = {}): Tensor {
  const { low = 0, high = 1 } = options;
  return drawn(shape, options, (at) =>
    at.arena.kernels.uniform(at.out, at.n, at.key, at.stream, f32Bits(low), f32Bits(high)),
  );
}

/** Normal deviates. */
export function randn(shape: Shape, options: RandomOptions & { mean?: number; std?: number } = {}): Tensor {
  const { mean = 0, std = 1 } = options;
  return drawn(shape, options, (at) =>
    at.arena.kernels.normal(at.out, at.n, at.key, at.stream, f32Bits(mean), f32Bits(std)),
  );
}

interface Draw {
  readonly arena: Arena;
  readonly out: number;
  readonly n: number;
  readonly key: number;
  readonly stream: number;
}

function drawn(shape: Shape, options: RandomOptions, draw: (at: Draw) => void): Tensor {
  const result = empty(shape, { ...options, dtype: 'f32' });
  const { arena, offsetBytes } = result.node.storage!;
  const context = randomContext();
  const stream = options.seed === undefined ? context.draws++ : 0;
  const key = arena.allocate(8);
  new Uint32Array(arena.memory.buffer, key.offsetBytes, 2).set(streamKey(options.seed ?? context.seed, 'init'));
  draw({ arena, out: offsetBytes, n: result.size, key: key.offsetBytes, stream });
  arena.free(key);
  return result;
}

function shapeOfNested(values: Nested): number[] {
  if (typeof values === 'number') return [];
  const list = values as readonly Nested[];
  if (list.length === 0) return [0];
  const inner = shapeOfNested(list[0]!);
  for (let i = 1; i < list.length; i++) {
    const other = shapeOfNested(list[i]!);
    if (other.join() !== inner.join()) {
      throw new ShapeError(
        `tensor: row ${i} has shape ${formatShape(other)}, row 0 has ${formatShape(inner)}; all rows must be alike`,
      );
    }
  }
  return [list.length, ...inner];
}

function flatten(values: Nested): ArrayLike<number> {
  const list = values as readonly Nested[];
  if (list.length === 0 || typeof list[0] === 'number') return list as ArrayLike<number>;
  return list.flatMap((row) => Array.from(flatten(row)));
}
