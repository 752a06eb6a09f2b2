/** Pooling as functions of tensors. */
import { makeNode } from '../graph/node.ts';
import { adaptiveMaxPool } from '../ops/adaptive-max-pool.ts';
import { adaptiveAxis } from '../ops/axis-map.ts';
import type { Pair } from '../ops/conv-geometry.ts';
import { mapPixelsNode } from '../ops/map-pixels.ts';
import { avgPool2d as avgPoolOp, maxPool2d as maxPoolOp, type PoolAttrs } from '../ops/pool2d.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import { checkImages } from './images.ts';
import { asRows, checkPair, checkSingle, onBatches, pair, type Size, type Size1d } from './sizes.ts';

export interface PoolOptions<S = Size> {
  readonly kernelSize: S;
  /** Default: the kernel size. */
  readonly stride?: S;
  /** On each side, at most half the kernel size. Default 0. */
  readonly padding?: S;
  /** Also windows that the input ends in. Default false. */
  readonly ceilMode?: boolean;
  readonly where?: string;
}

export interface MaxPoolOptions<S = Size> extends PoolOptions<S> {
  /** Default 1. */
  readonly dilation?: S;
}

export interface AvgPoolOptions<S = Size> extends PoolOptions<S> {
  /** Whether padding counts among the pixels of a mean. Default true. */
  readonly countIncludePad?: boolean;
}

export interface AvgPool2dOptions extends AvgPoolOptions {
  /** What sums are divided by, an integer ≥ 1. Default: the number of pixels. */
  readonly divisorOverride?: number | null;
}

function poolAttrs(name: string, options: MaxPoolOptions): PoolAttrs {
  const where = options.where ?? name;
  const kernel = checkPair(options.kernelSize, 1, `${where}: kernelSize`);
  const padding = checkPair(options.padding ?? 0, 0, `${where}: padding`);
  if (padding.some((pad, axis) => pad > kernel[axis]! / 2)) {
    throw new RangeError(
      `${where}: padding must be at most half the kernel size, got ${padding.join('×')} for ${kernel.join('×')}`,
    );
  }
  return {
    kernel,
    padding,
    stride: checkPair(options.stride ?? options.kernelSize, 1, `${where}: stride`),
    dilation: checkPair(options.dilation ?? 1, 1, `${where}: dilation`),
    ceilMode: options.ceilMode ?? false,
    where,
  };
}

/** The options of a window along one axis as those of one over images of one row. */
function rowAttrs(name: string, options: MaxPoolOptions<Size1d>): PoolAttrs {
  const where = options.where ?? name;
  const single = (value: Size1d, least: number, what: string) => checkSingle(value, least, `${where}: ${what}`);
  return poolAttrs(name, {
    kernelSize: [1, single(options.kernelSize, 1, 'kernelSize')],
    stride: [1, single(options.stride ?? options.kernelSize, 1, 'stride')],
    padding: [0, single(options.padding ?? 0, 0, 'padding')],
    dilation: [1, single(options.dilation ?? 1, 1, 'dilation')],
    ceilMode: options.ceilMode ?? false,
    where,
  });
}

const maxOf = (attrs: PoolAttrs) => (input: Tensor) => derived(makeNode(maxPoolOp, [f32(input.node)], attrs), [input]);

function meanOf(attrs: PoolAttrs, options: { countIncludePad?: boolean; divisorOverride?: number | null }) {
  const { countIncludePad = true, divisorOverride = null } = options;
  const divisor = divisorOverride ?? 0;
  if (divisorOverride !== null && (!Number.isInteger(divisor) || divisor < 1))
    throw new RangeError(`${attrs.where}: divisorOverride must be null or an integer ≥ 1, got ${divisorOverride}`);
  return (input: Tensor) =>
    derived(makeNode(avgPoolOp, [f32(input.node)], { ...attrs, countIncludePad, divisor }), [input]);
}

/** The maximum of each window of [B, C, L] or [C, L]; the first of equal ones gets the gradient. RangeError and ShapeError as `maxPool2d`. */
export function maxPool1d(x: Tensor, options: MaxPoolOptions<Size1d>): Tensor {
  const attrs = rowAttrs('maxPool1d', options);
  return asRows(x, attrs.where, maxOf(attrs));
}

/**
 * The maximum of each window of [B, C, H, W] or [C, H, W]; the first of equal ones gets the gradient.
 * @throws RangeError for options out of range, ShapeError for other ranks and where a window does not fit.
 */
export function maxPool2d(x: Tensor, options: MaxPoolOptions): Tensor {
  return onBatches(x, maxOf(poolAttrs('maxPool2d', options)));
}

/** The mean of each window of [B, C, L] or [C, L]; padding counts unless `countIncludePad` is false. Errors as `maxPool2d`. */
export function avgPool1d(x: Tensor, options: AvgPoolOptions<Size1d>): Tensor {
  const attrs = rowAttrs('avgPool1d', options);
  const { countIncludePad = true } = options;
  return asRows(x, attrs.where, meanOf(attrs, { countIncludePad }));
}

/** The mean of each window of [B, C, H, W] or [C, H, W]; padding counts unless `countIncludePad` is false. Errors as `maxPool2d`. */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  return onBatches(x, meanOf(poolAttrs('avgPool2d', options), options));
}

/** The size of an adaptive pooling's output; null keeps the input's. */
export type OutputSize = number | null | readonly [number | null, number | null];

function adaptiveSize(x: Tensor, outputSize: OutputSize, where: string): Pair {
  const sizes = typeof outputSize === 'number' || outputSize === null ? [outputSize, outputSize] : outputSize;
  return checkPair([sizes[0] ?? x.shape[2]!, sizes[1] ?? x.shape[3]!], 1, `${where}: outputSize`);
}

/** [B, C, L] or [C, L] → [B, C, outputSize]: means over windows from ⌊i·L/out⌋ to ⌈(i + 1)·L/out⌉. Errors as `adaptiveAvgPool2d`. */
export function adaptiveAvgPool1d(x: Tensor, outputSize: Size1d, options: { where?: string } = {}): Tensor {
  const { where = 'adaptiveAvgPool1d' } = options;
  const width = checkSingle(outputSize, 1, `${where}: outputSize`);
  return asRows(x, where, (input) => adaptiveAvgPool2d(input, [1, width], { where }));
}

/**
 * [B, C, H, W] or [C, H, W] → [B, C, OH, OW]: means over windows whose rows run from ⌊i·H/OH⌋ to ⌈(i + 1)·H/OH⌉, columns alike.
 * @throws RangeError for sizes that are not integers ≥ 1, ShapeError for other ranks and empty images.
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: OutputSize, options: { where?: string } = {}): Tensor {
  const { where = 'adaptiveAvgPool2d' } = options;
  return onBatches(x, (input) => {
    checkImages(input, where);
    const [height, width] = adaptiveSize(input, outputSize, where);
    const [rows, columns] = [adaptiveAxis(input.shape[2]!, height), adaptiveAxis(input.shape[3]!, width)];
    return derived(mapPixelsNode(f32(input.node), { rows, columns, fill: 0 }), [input]);
  });
}

/** The maxima of the windows of `adaptiveAvgPool2d`; the first of equal ones gets the gradient. Errors as there. */
export function adaptiveMaxPool2d(x: Tensor, outputSize: OutputSize, options: { where?: string } = {}): Tensor {
  const { where = 'adaptiveMaxPool2d' } = options;
  return onBatches(x, (input) => {
    checkImages(input, where);
    const output = adaptiveSize(input, outputSize, where);
    return derived(makeNode(adaptiveMaxPool, [f32(input.node)], { output }), [input]);
  });
}

/**
 * (Σ x^p)^(1/p) over each window of [B, C, H, W] or [C, H, W], for a `normType` p of 1 (the sum) or 2. In ceil mode a window that the input
 * ends in counts for a whole one. Where a sum of squares is 0 the gradient is not finite, as in PyTorch.
 * @throws RangeError for another p, or options out of range; ShapeError for other ranks and where a window does not fit.
 */
export function lpPool2d(
  x: Tensor,
  options: { normType: 1 | 2; kernelSize: Size; stride?: Size; ceilMode?: boolean; where?: string },
): Tensor {
  const { normType, kernelSize, where = 'lpPool2d' } = options;
  if (normType !== 1 && normType !== 2) throw new RangeError(`${where}: normType must be 1 or 2, got ${normType}`);
  const [height, width] = pair(kernelSize);
  const { stride = kernelSize, ceilMode = false } = options;
  const means = avgPool2d(normType === 2 ? x.square() : x, { kernelSize, stride, ceilMode, where });
  const sums = means.mul(height * width);
  return normType === 2 ? sums.sqrt() : sums;
}
