/** The sizes of a 2-D convolution, and where its products find their operands: packed weights and tables of offsets, channels-last. */
import { ShapeError } from '../errors.ts';
import type { Node } from '../graph/node.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import type { PackAttrs } from './pack-weights.ts';

export type Pair = readonly [number, number];

export interface Conv2dAttrs {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
  /**
   * Pixels of the output, where they are not what the rest gives: more zeros after the input than before it (`same` padding of even
   * kernels), or fewer pixels than would fit (the input of a transposed convolution with output padding).
   */
  readonly output?: Pair;
  /** What to call it in errors. */
  readonly where: string;
}

/** Everything about one convolution that its three products need. A weight [O, C/groups, k] is a kernel of one row. */
export interface Geometry extends Conv2dAttrs {
  readonly input: Pair;
  readonly output: Pair;
  readonly kernel: Pair;
  readonly taps: number;
  /** Channels of the whole input and output, and of one group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly groupInputs: number;
  readonly groupOutputs: number;
}

export function geometryOf(x: Shape, weight: Shape, attrs: Conv2dAttrs): Geometry {
  const [, inputs, ...input] = x as [number, number, number, number];
  const [outputs, groupInputs, ...extents] = weight as [number, number, ...number[]];
  const kernel = extents.length === 1 ? [1, ...extents] : extents;
  const natural = input.map((extent, axis) => {
    const reach = attrs.dilation[axis]! * (kernel[axis]! - 1) + 1;
    return Math.floor((extent + 2 * attrs.padding[axis]! - reach) / attrs.stride[axis]!) + 1;
  });
  const groupOutputs = outputs / attrs.groups;
  const taps = kernel[0]! * kernel[1]!;
  return {
    ...attrs,
    input: input as never,
    output: attrs.output ?? (natural as never),
    kernel: kernel as never,
    taps,
    inputs,
    outputs,
    groupInputs,
    groupOutputs,
  };
}

export function checkedGeometry(x: Node, weight: Node, attrs: Conv2dAttrs): Geometry {
  const { where } = attrs;
  const ranks = x.shape.length === 4 && (weight.shape.length === 4 || weight.shape.length === 3);
  const g = ranks ? geometryOf(x.shape, weight.shape, attrs) : undefined;
  if (!g || g.inputs !== g.groupInputs * g.groups) {
    const channels = (weight.shape[1] ?? 0) * attrs.groups;
    throw new ShapeError(
      `${where}: expected an input of shape [B, ${channels}, H, W] or [${channels}, H, W], got ${formatShape(x.shape)}`,
    );
  }
  if (!Number.isInteger(attrs.groups) || attrs.groups < 1 || g.outputs % attrs.groups !== 0) {
    throw new ShapeError(
      `${where}: groups ${attrs.groups} must divide the ${g.outputs} output channels of the weight ${formatShape(weight.shape)}`,
    );
  }
  if (g.output.some((extent) => extent < 1)) {
    throw new ShapeError(
      `${where}: a kernel of ${g.kernel.join('×')} (stride ${g.stride.join('×')}, padding ${g.padding.join('×')}, dilation ${g.dilation.join('×')}) does not fit an input of ${g.input.join('×')} pixels; use larger images, padding, or fewer layers`,
    );
  }
  return g;
}

/** The weight as the forward product reads it: sums over taps, then input channels. */
export function forwardPack(g: Geometry): PackAttrs {
  const row = g.groupInputs * g.taps;
  return {
    groups: g.groups,
    groupStride: g.groupOutputs * row,
    k1: g.taps,
    k1Stride: 1,
    k2: g.groupInputs,
    k2Stride: g.taps,
    n: g.groupOutputs,
    nStride: row,
    rowsAre: 'n',
  };
}

/** The weight as the gradient to the input reads it: sums over taps, then output channels. */
export function backwardPack(g: Geometry): PackAttrs {
  const row = g.groupInputs * g.taps;
  return {
    groups: g.groups,
    groupStride: g.groupOutputs * row,
    k1: g.taps,
    k1Stride: 1,
    k2: g.groupOutputs,
    k2Stride: row,
    n: g.groupInputs,
    nStride: g.taps,
    rowsAre: 'k2',
  };
}

/** Whether no window reaches over the input's edge along an axis (0 = rows). */
export function isUnpadded(g: Geometry, axis: 0 | 1): boolean {
  const end = (g.output[axis] - 1) * g.stride[axis] + g.dilation[axis] * (g.kernel[axis] - 1) + 1;
  return g.padding[axis] === 0 && end <= g.input[axis];
}

/**
 * Without horizontal padding and dilation a whole kernel row is contiguous (channels-last), and counts as one tap: the same sums in the
 * same order, with fewer look-ups.
 */
export function mergedTaps(g: Geometry): { taps: number; tapColumns: number; k: number } {
  const rows = isUnpadded(g, 1) && g.dilation[1] === 1 && g.groups === 1;
  const tapColumns = rows ? 1 : g.kernel[1];
  return { taps: g.kernel[0] * tapColumns, tapColumns, k: g.groupInputs * (rows ? g.kernel[1] : 1) };
}

/** Byte offsets [output pixel][tap] of the input's channels within a sample, −1 for padding. */
export function forwardTable(g: Geometry): Int32Array {
  const { taps, tapColumns } = mergedTaps(g);
  const table = new Int32Array(g.output[0] * g.output[1] * taps);
  let at = 0;
  for (let oh = 0; oh < g.output[0]; oh++) {
    for (let ow = 0; ow < g.output[1]; ow++) {
      for (let kh = 0; kh < g.kernel[0]; kh++) {
        for (let kw = 0; kw < tapColumns; kw++) {
          const h = oh * g.stride[0] - g.padding[0] + kh * g.dilation[0];
          const w = ow * g.stride[1] - g.padding[1] + kw * g.dilation[1];
          const inside = h >= 0 && h < g.input[0] && w >= 0 && w < g.input[1];
          table[at++] = inside ? (h * g.input[1] + w) * g.inputs * 4 : -1;
        }
      }
    }
  }
  return table;
}

/** Byte offsets [input pixel][tap] of dy's channels: the output pixel that reads this input pixel through this tap, −1 if none. */
export function backwardTable(g: Geometry): Int32Array {
  const table = new Int32Array(g.input[0] * g.input[1] * g.taps);
  let at = 0;
  for (let h = 0; h < g.input[0]; h++) {
    for (let w = 0; w < g.input[1]; w++) {
      for (let kh = 0; kh < g.kernel[0]; kh++) {
        for (let kw = 0; kw < g.kernel[1]; kw++) {
          const oh = (h + g.padding[0] - kh * g.dilation[0]) / g.stride[0];
          const ow = (w + g.padding[1] - kw * g.dilation[1]) / g.stride[1];
          const inside =
            Number.isInteger(oh) && Number.isInteger(ow) && oh >= 0 && oh < g.output[0] && ow >= 0 && ow < g.output[1];
          table[at++] = inside ? (oh * g.output[1] + ow) * g.outputs * 4 : -1;
        }
      }
    }
  }
  return table;
}

/** Multiply-adds × 2 of each of a convolution's three products. */
export function productFlops(g: Geometry, samples: number): number {
  return 2 * samples * g.outputs * g.output[0] * g.output[1] * g.groupInputs * g.taps;
}
