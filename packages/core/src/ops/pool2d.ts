/** Max and average pooling, channels-last. Max pooling keeps where each maximum was; its gradient goes there. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import type { Pair } from './conv-geometry.ts';
import { keepsRows, type LowerContext, type Op, samplewiseRows } from './define-op.ts';

export interface PoolAttrs {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly ceilMode: boolean;
  readonly where: string;
}

function pooledShape(x: Node, attrs: PoolAttrs): Shape {
  const { kernel, stride, padding, dilation, where } = attrs;
  if (x.shape.length !== 4) {
    throw new ShapeError(`${where}: expected an input of shape [B, C, H, W] or [C, H, W], got ${formatShape(x.shape)}`);
  }
  const output = [0, 1].map((axis) => {
    const extent = x.shape[2 + axis]! + 2 * padding[axis]!;
    const span = (extent - dilation[axis]! * (kernel[axis]! - 1) - 1) / stride[axis]!;
    let count = (attrs.ceilMode ? Math.ceil(span) : Math.floor(span)) + 1;
    // A window must start inside the input or its leading padding.
    if (attrs.ceilMode && (count - 1) * stride[axis]! >= x.shape[2 + axis]! + padding[axis]!) count--;
    return count;
  });
  if (output.some((extent) => extent < 1)) {
    throw new ShapeError(
      `${where}: a window of ${kernel.join('×')} does not fit an input of ${x.shape[2]}×${x.shape[3]} pixels; use larger images, padding, or fewer layers`,
    );
  }
  return [x.shape[0]!, x.shape[1]!, ...output];
}

/** The geometry words of the kernels: H, W, C, OH, OW, kernel, stride, padding, dilation. */
function geometry(input: Shape, output: Shape, a: PoolAttrs): Int32Array {
  const [, c, h, w] = input as [number, number, number, number];
  return new Int32Array([h, w, c, output[2]!, output[3]!, ...a.kernel, ...a.stride, ...a.padding, ...a.dilation]);
}

function samplesOf(node: Node, at: LowerContext): number {
  return (node.shape[0]! / at.total) * at.count;
}

/** The maximum of each window: [B, C, H, W] → [B, C, OH, OW]. Its side value is where the maxima were (i32, h·W + w). */
export const maxPool2d: Op<PoolAttrs> = {
  name: 'maxPool2d',
  infer: ([x], attrs) => ({ shape: pooledShape(x!, attrs), dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(maxPoolGradient, [dy, node.inputs[0]!, node], node.attrs)],
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  side: (node) => sizeOf(node.shape) * 4,
  lower(node, at) {
    const words = at.constant('geometry', () => geometry(node.inputs[0]!.shape, node.shape, node.attrs));
    const indices = at.side(node) || at.scratch(at.elements(node) * 4);
    at.call('maxPool', at.start(node.inputs[0]!), at.start(node), indices, words, samplesOf(node, at));
  },
};

/** dx from dy, x and y = maxPool2d(x). When y was computed by an earlier program, the positions are found again. */
const maxPoolGradient: Op<PoolAttrs> = {
  name: 'maxPool2dGradient',
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise: (node, split, batch) => split.every(Boolean) && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'channelsLast'], output: 'channelsLast' }),
  readsSideOf: 2,
  lower(node, at) {
    const [dy, x, y] = node.inputs as [Node, Node, Node];
    const words = at.constant('geometry', () => geometry(x.shape, y.shape, node.attrs));
    let indices = at.side(y);
    if (!indices) {
      indices = at.scratch(at.elements(y) * 4);
      at.call('maxPool', at.start(x), at.scratch(at.elements(y) * 4), indices, words, samplesOf(node, at));
    }
    at.call('maxPoolGrad', at.start(dy), indices, at.start(node), words, samplesOf(node, at));
  },
};

export interface AvgPoolAttrs extends PoolAttrs {
  readonly countIncludePad: boolean;
  /** What the sum is divided by; 0 = the number of pixels. */
  readonly divisor: number;
}

/** The mean of each window. */
export const avgPool2d: Op<AvgPoolAttrs> = {
  name: 'avgPool2d',
  infer: ([x], attrs) => ({ shape: pooledShape(x!, attrs), dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(avgPoolGradient, [dy], { ...node.attrs, input: node.inputs[0]!.shape })],
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  lower(node, at) {
    const words = at.constant('geometry', () => geometry(node.inputs[0]!.shape, node.shape, node.attrs));
    const { countIncludePad, divisor } = node.attrs;
    const pad = Number(countIncludePad);
    at.call('avgPool', at.start(node.inputs[0]!), at.start(node), words, samplesOf(node, at), pad, divisor);
  },
};

const avgPoolGradient: Op<AvgPoolAttrs & { input: Shape }> = {
  name: 'avgPool2dGradient',
  infer: (_inputs, { input }) => ({ shape: input, dtype: 'f32' }),
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  lower(node, at) {
    const words = at.constant('geometry', () => geometry(node.shape, node.inputs[0]!.shape, node.attrs));
    const { countIncludePad, divisor } = node.attrs;
    const pad = Number(countIncludePad);
    at.call('avgPoolGrad', at.start(node.inputs[0]!), at.start(node), words, samplesOf(node, at), pad, divisor);
  },
};
