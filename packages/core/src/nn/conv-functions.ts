/** Convolutions as functions of tensors. */
import { ShapeError } from '../errors.ts';
import { makeNode } from '../graph/node.ts';
import type { Conv2dAttrs, Pair } from '../ops/conv-geometry.ts';
import { convTranspose2dNode, type TransposeAttrs } from '../ops/conv-transpose2d.ts';
import { conv2d as conv2dOp } from '../ops/conv2d.ts';
import { formatShape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import { asRows, checkPair, checkSingle, onBatches, type Size, type Size1d } from './sizes.ts';

/** `same`: as many zeros as keep the size, one more after the input than before it where they are odd; stride 1 alone. `valid`: none. */
export type PaddingName = 'same' | 'valid';

export interface ConvOptions<S = Size> {
  readonly bias?: Tensor | null;
  /** Default 1. */
  readonly stride?: S;
  /** Zeros on each side. Default 0. */
  readonly padding?: S | PaddingName;
  /** Default 1. */
  readonly dilation?: S;
  /** Default 1. */
  readonly groups?: number;
  readonly where?: string;
}

export interface ConvTransposeOptions<S = Size> {
  readonly bias?: Tensor | null;
  /** Default 1. */
  readonly stride?: S;
  /** Pixels that the result loses on each side. Default 0. */
  readonly padding?: S;
  /** Pixels that the result gains at its end; less than the stride or the dilation. Default 0. */
  readonly outputPadding?: S;
  /** Default 1. */
  readonly groups?: number;
  /** Default 1. */
  readonly dilation?: S;
  readonly where?: string;
}

/**
 * x [B, C, L] or [C, L], weight [O, C/groups, k], bias [O] → [B, O, OL] or [O, OL], OL = ⌊(L + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1.
 * Cross-correlation. @throws RangeError for options out of range, ShapeError where operands do not fit.
 */
export function conv1d(x: Tensor, weight: Tensor, options: ConvOptions<Size1d> = {}): Tensor {
  const { where = 'conv1d', stride = 1, padding = 0, dilation = 1, groups = 1, bias = null } = options;
  checkSequences(x, weight, { channels: (weight.shape[1] ?? 0) * groups, where });
  const single = (value: Size1d, least: number, name: string) => checkSingle(value, least, `${where}: ${name}`);
  const attrs = {
    stride: [1, single(stride, 1, 'stride')] as const,
    dilation: [1, single(dilation, 1, 'dilation')] as const,
    padding: typeof padding === 'string' ? padding : ([0, single(padding, 0, 'padding')] as const),
    groups,
    where,
  };
  return asRows(x, where, (input) => convolution(input, weight, bias, attrs));
}

/**
 * x [B, C, H, W] or [C, H, W], weight [O, C/groups, kH, kW], bias [O] → [B, O, OH, OW] or [O, OH, OW]. Cross-correlation, as PyTorch's.
 * @throws RangeError for options out of range, ShapeError where operands do not fit.
 */
export function conv2d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const { where = 'conv2d', stride = 1, padding = 0, dilation = 1, groups = 1, bias = null } = options;
  const attrs = {
    stride: checkPair(stride, 1, `${where}: stride`),
    dilation: checkPair(dilation, 1, `${where}: dilation`),
    padding: typeof padding === 'string' ? padding : checkPair(padding, 0, `${where}: padding`),
    groups,
    where,
  };
  return onBatches(x, (input) => convolution(input, weight, bias, attrs));
}

/**
 * The transposed convolution, the gradient of `conv1d` to its input: x [B, C, L] or [C, L], weight [C, O/groups, k], bias [O] → [B, O, OL] or
 * [O, OL], OL = (L − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1. Errors as `conv1d`.
 */
export function convTranspose1d(x: Tensor, weight: Tensor, options: ConvTransposeOptions<Size1d> = {}): Tensor {
  const { where = 'convTranspose1d', stride = 1, padding = 0, dilation = 1, groups = 1, bias = null } = options;
  checkSequences(x, weight, { channels: weight.shape[0] ?? 0, where });
  const single = (value: Size1d, least: number, name: string) => checkSingle(value, least, `${where}: ${name}`);
  const attrs = {
    stride: [1, single(stride, 1, 'stride')] as const,
    padding: [0, single(padding, 0, 'padding')] as const,
    outputPadding: [0, single(options.outputPadding ?? 0, 0, 'outputPadding')] as const,
    dilation: [1, single(dilation, 1, 'dilation')] as const,
    groups,
    where,
  };
  return asRows(x, where, (input) => transposed(input, weight, bias, attrs));
}

/**
 * The transposed convolution, the gradient of `conv2d` to its input: x [B, C, H, W] or [C, H, W], weight [C, O/groups, kH, kW], bias [O] →
 * [B, O, OH, OW] or [O, OH, OW], OH = (H − 1)·stride − 2·padding + dilation·(kH − 1) + outputPadding + 1. Errors as `conv2d`.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const { where = 'convTranspose2d', stride = 1, padding = 0, dilation = 1, groups = 1, bias = null } = options;
  const attrs = {
    stride: checkPair(stride, 1, `${where}: stride`),
    padding: checkPair(padding, 0, `${where}: padding`),
    outputPadding: checkPair(options.outputPadding ?? 0, 0, `${where}: outputPadding`),
    dilation: checkPair(dilation, 1, `${where}: dilation`),
    groups,
    where,
  };
  return onBatches(x, (input) => transposed(input, weight, bias, attrs));
}

/** The zeros before and after an axis, by name or number. @throws RangeError for `same` with a stride. */
export function paddingOf(
  padding: number | PaddingName,
  axis: { kernel: number; dilation: number; stride: number },
  where: string,
): { before: number; after: number } {
  if (typeof padding === 'number') return { before: padding, after: padding };
  if (padding !== 'same' && padding !== 'valid')
    throw new RangeError(`${where}: padding must be a number, 'same' or 'valid', got ${JSON.stringify(padding)}`);
  if (padding === 'valid') return { before: 0, after: 0 };
  if (axis.stride !== 1) throw new RangeError(`${where}: padding 'same' needs a stride of 1, got ${axis.stride}`);
  const total = axis.dilation * (axis.kernel - 1);
  return { before: Math.floor(total / 2), after: Math.ceil(total / 2) };
}

type NamedPadding = Omit<Conv2dAttrs, 'padding' | 'output'> & { readonly padding: Pair | PaddingName };

function convolution(x: Tensor, weight: Tensor, bias: Tensor | null, attrs: NamedPadding): Tensor {
  const tensors = bias ? [x, weight, bias] : [x, weight];
  const node = makeNode(
    conv2dOp,
    tensors.map((tensor) => f32(tensor.node)),
    numericPadding(x, weight, attrs),
  );
  return derived(node, tensors);
}

function numericPadding(x: Tensor, weight: Tensor, attrs: NamedPadding): Conv2dAttrs {
  const { padding, ...rest } = attrs;
  if (typeof padding !== 'string') return { ...rest, padding };
  const kernel = weight.rank === 3 ? [1, weight.shape[2]!] : weight.shape.slice(2);
  const sides = ([0, 1] as const).map((axis) =>
    paddingOf(
      padding,
      { kernel: kernel[axis]!, dilation: attrs.dilation[axis], stride: attrs.stride[axis] },
      attrs.where,
    ),
  );
  const before: Pair = [sides[0]!.before, sides[1]!.before];
  const even = sides.every((side) => side.before === side.after);
  // Zeros after the input that are not before it: the output, as large as the input, reaches over its end.
  return even ? { ...rest, padding: before } : { ...rest, padding: before, output: x.shape.slice(2) as never };
}

function transposed(x: Tensor, weight: Tensor, bias: Tensor | null, attrs: TransposeAttrs): Tensor {
  const { stride, dilation, outputPadding, where } = attrs;
  for (const axis of [0, 1] as const) {
    if (outputPadding[axis] < Math.max(stride[axis], dilation[axis])) continue;
    throw new RangeError(
      `${where}: outputPadding must be less than the stride or the dilation, got ${outputPadding[axis]} for stride ${stride[axis]} and dilation ${dilation[axis]}`,
    );
  }
  const operands = { x: f32(x.node), weight: f32(weight.node), bias: bias ? f32(bias.node) : undefined };
  return derived(convTranspose2dNode(operands, attrs), bias ? [x, weight, bias] : [x, weight]);
}

function checkSequences(x: Tensor, weight: Tensor, expected: { channels: number; where: string }): void {
  const { channels, where } = expected;
  if (weight.rank !== 3)
    throw new ShapeError(`${where}: expected a weight of shape [O, C, k], got ${formatShape(weight.shape)}`);
  if ((x.rank !== 2 && x.rank !== 3) || x.shape[x.rank - 2] !== channels) {
    throw new ShapeError(
      `${where}: expected an input of shape [B, ${channels}, L] or [${channels}, L], got ${formatShape(x.shape)}`,
    );
  }
}
