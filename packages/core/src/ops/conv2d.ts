/**
 * 2-D convolution, channels-last, by indirection: a table gives, for every output pixel and kernel tap, where the input's channels lie
 * (or that they are padding), so one kernel serves every stride, padding and dilation, and the gradient to the input too.
 */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { keepsRows, type Op, type Tile, wholeBatch } from './define-op.ts';
import { biasGradient, ownedRows } from './matmul.ts';
import { type PackAttrs, packedGroupBytes, packNode } from './pack-weights.ts';

export type Pair = readonly [number, number];

export interface Conv2dAttrs {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
  /** What to call it in errors. */
  readonly where: string;
}

/** Everything about one convolution that its three products need. */
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
  const [outputs, groupInputs, ...kernel] = weight as [number, number, number, number];
  const output = input.map((extent, axis) => {
    const reach = attrs.dilation[axis]! * (kernel[axis]! - 1) + 1;
    return Math.floor((extent + 2 * attrs.padding[axis]! - reach) / attrs.stride[axis]!) + 1;
  });
  const groupOutputs = outputs / attrs.groups;
  const taps = kernel[0]! * kernel[1]!;
  return {
    ...attrs,
    input: input as never,
    output: output as never,
    kernel: kernel as never,
    taps,
    inputs,
    outputs,
    groupInputs,
    groupOutputs,
  };
}

/** Multiply-adds × 2 of each of a convolution's three products. */
export function productFlops(g: Geometry, samples: number): number {
  return 2 * samples * g.outputs * g.output[0] * g.output[1] * g.groupInputs * g.taps;
}

function explainRows({ attrs: { groups } }: Node<Conv2dAttrs>): string {
  return groups === 1 ? 'not a fused pattern: pixel by pixel through a table' : `${groups} groups, one after the other`;
}

function checkedGeometry(x: Node, weight: Node, attrs: Conv2dAttrs): Geometry {
  const { where } = attrs;
  const g = x.shape.length === 4 && weight.shape.length === 4 ? geometryOf(x.shape, weight.shape, attrs) : undefined;
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

/** x [B, C, H, W] * weight [O, C/groups, kH, kW] + bias [O] → [B, O, OH, OW]. */
export const conv2d: Op<Conv2dAttrs> = {
  name: 'conv2d',
  infer([x, weight, bias], attrs) {
    const g = checkedGeometry(x!, weight!, attrs);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== g.outputs)) {
      throw new ShapeError(`${attrs.where}: expected a bias of shape [${g.outputs}], got ${formatShape(bias.shape)}`);
    }
    return { shape: [x!.shape[0]!, g.outputs, ...g.output], dtype: 'f32' };
  },
  gradient(node, dy) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node?];
    const dx = makeNode(inputGradient, [dy, weight], { ...node.attrs, input: x.shape });
    const dWeight = makeNode(weightGradient, [x, dy], { ...node.attrs, weight: weight.shape });
    return bias ? [dx, dWeight, makeNode(biasGradient, [dy], { channelAxis: 1 })] : [dx, dWeight];
  },
  samplewise: (node, split, batch) => split[0] === true && !split[1] && !split[2] && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'row', 'row'], output: 'channelsLast' }),
  prepare: (node) => [
    packNode(node.inputs[1]!, forwardPack(geometryOf(node.inputs[0]!.shape, node.inputs[1]!.shape, node.attrs))),
  ],
  flops: ({ inputs: [x, weight], attrs }) => productFlops(geometryOf(x!.shape, weight!.shape, attrs), x!.shape[0]!),
  explain: explainRows,
  lower(node, at) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node?];
    const g = geometryOf(x.shape, weight.shape, node.attrs);
    const { taps, k } = mergedTaps(g);
    const table = at.constant('table', () => forwardTable(g));
    const zeros = at.constant('zeros', () => new Int32Array(k));
    const packed = at.prepared(0);
    const tmp = at.scratch(256);
    const [pixelsIn, pixelsOut] = [g.input[0] * g.input[1], g.output[0] * g.output[1]];
    for (let group = 0; group < g.groups; group++) {
      at.call(
        'convRows',
        at.start(x) + group * g.groupInputs * 4,
        pixelsIn * g.inputs * 4,
        table,
        taps,
        k,
        at.base(packed) + group * packedGroupBytes(packed),
        bias ? at.base(bias) + group * g.groupOutputs * 4 : 0,
        at.start(node) + group * g.groupOutputs * 4,
        pixelsOut * g.outputs * 4,
        g.outputs * 4,
        at.count * (node.shape[0]! / at.total),
        pixelsOut,
        g.groupOutputs,
        zeros,
        tmp,
      );
    }
  },
};

/**
 * Without horizontal padding and dilation a whole kernel row is contiguous (channels-last), and counts as one tap: the same sums in the
 * same order, with fewer look-ups.
 */
function mergedTaps(g: Geometry): { taps: number; tapColumns: number; k: number } {
  const rows = g.padding[1] === 0 && g.dilation[1] === 1 && g.groups === 1;
  const tapColumns = rows ? 1 : g.kernel[1];
  return { taps: g.kernel[0] * tapColumns, tapColumns, k: g.groupInputs * (rows ? g.kernel[1] : 1) };
}

/** Byte offsets [output pixel][tap] of the input's channels within a sample, −1 for padding. */
function forwardTable(g: Geometry): Int32Array {
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
function backwardTable(g: Geometry): Int32Array {
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

/** dx [B, C, H, W] from dy [B, O, OH, OW] and the weight: the same product, over taps and output channels. */
const inputGradient: Op<Conv2dAttrs & { input: Shape }> = {
  name: 'conv2dInputGradient',
  infer: (_inputs, { input }) => ({ shape: input, dtype: 'f32' }),
  samplewise: (node, split, batch) => split[0] === true && !split[1] && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'row'], output: 'channelsLast' }),
  prepare: (node) => [
    packNode(node.inputs[1]!, backwardPack(geometryOf(node.attrs.input, node.inputs[1]!.shape, node.attrs))),
  ],
  flops: (node) => productFlops(geometryOf(node.shape, node.inputs[1]!.shape, node.attrs), node.shape[0]!),
  explain: explainRows,
  lower(node, at) {
    const [dy, weight] = node.inputs as [Node, Node];
    const g = geometryOf(node.shape, weight.shape, node.attrs);
    const packed = at.prepared(0);
    const tmp = at.scratch(256);
    const [pixelsIn, pixelsOut] = [g.input[0] * g.input[1], g.output[0] * g.output[1]];
    for (let group = 0; group < g.groups; group++) {
      at.call(
        'convRows',
        at.start(dy) + group * g.groupOutputs * 4,
        pixelsOut * g.outputs * 4,
        at.constant('table', () => backwardTable(g)),
        g.taps,
        g.groupOutputs,
        at.base(packed) + group * packedGroupBytes(packed),
        0,
        at.start(node) + group * g.groupInputs * 4,
        pixelsIn * g.inputs * 4,
        g.inputs * 4,
        at.count * (node.shape[0]! / at.total),
        pixelsIn,
        g.groupInputs,
        at.constant('zeros', () => new Int32Array(g.groupOutputs)),
        tmp,
      );
    }
  },
};

/** Output pixels per chunk of the sum over the batch (rounded up to whole samples): a constant of the format. */
const chunkPixels = 256;

/** dWeight [O, C/groups, kH, kW]: tiles of output channels, each summed over the whole batch in one fixed order. */
const weightGradient: Op<Conv2dAttrs & { weight: Shape }> = {
  name: 'conv2dWeightGradient',
  infer: (_inputs, { weight }) => ({ shape: weight, dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: () => ({ inputs: ['channelsLast', 'channelsLast'], output: 'row' }),
  flops: ({ inputs: [x], attrs }) => productFlops(geometryOf(x!.shape, attrs.weight, attrs), x!.shape[0]!),
  explain: () => 'sum over the batch by tiles of output channels',
  tiles(node) {
    const g = geometryOf(node.inputs[0]!.shape, node.attrs.weight, node.attrs);
    const row = g.groupInputs * g.taps;
    // Narrower tiles for few channels, so that all workers have one; a tile stays within its group.
    const step = Math.min(ownedRows, g.groupOutputs > 64 ? ownedRows : 16, g.groupOutputs);
    const tiles: Tile[] = [];
    for (let group = 0; group < g.groups; group++) {
      for (let o = 0; o < g.groupOutputs; o += step) {
        tiles.push({ first: (group * g.groupOutputs + o) * row, count: Math.min(step, g.groupOutputs - o) * row });
      }
    }
    return tiles;
  },
  lower(node, at) {
    const [x, dy] = node.inputs as [Node, Node];
    const g = geometryOf(x.shape, node.shape, node.attrs);
    const { taps, k } = mergedTaps(g);
    const table = at.constant('table', () => forwardTable(g));
    const row = g.groupInputs * g.taps;
    const pixelsOut = g.output[0] * g.output[1];
    const chunk = Math.ceil(chunkPixels / pixelsOut);
    const first = at.tile!.first / row;
    const group = Math.floor(first / g.groupOutputs);
    const end = first + at.tile!.count / row;
    const block = at.scratch(row * 64);
    for (let o = first; o < end; o += 16) {
      const lanes = Math.min(16, end - o);
      at.call(
        'outerRows',
        at.base(x) + group * g.groupInputs * 4,
        g.input[0] * g.input[1] * g.inputs * 4,
        table,
        taps,
        k,
        at.base(dy) + o * 4,
        pixelsOut * g.outputs * 4,
        g.outputs * 4,
        x.shape[0]!,
        pixelsOut,
        lanes,
        chunk,
        block,
      );
      at.call('unpackPanel', block, at.base(node) + o * row * 4, g.taps, 4, g.groupInputs, g.taps * 4, lanes, row * 4);
    }
  },
};
