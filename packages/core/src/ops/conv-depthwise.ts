/**
 * Depthwise convolutions, where every channel is a group of its own: vectors run over channels, any kernel, stride, padding and dilation
 * through the tables of offsets. The sums, and so the bits, are those of one call per group.
 */
import type { Pointer } from '@lockstep/kernels';
import { type Node, sizeBytes } from '../graph/node.ts';
import { backwardTable, forwardTable, type Geometry } from './conv-geometry.ts';
import type { LowerContext, Tile } from './define-op.ts';
import { packNode } from './pack-weights.ts';

/** Channels of a panel of the packed weight, and of a tile of its gradient. */
const panel = 16;

export function isDepthwise(g: Geometry): boolean {
  return g.groups > 1 && g.groups === g.inputs && g.groups === g.outputs;
}

/** The weight [C, 1, kH, kW] in panels [C/16][taps][16], which the product and the gradient to its input both read. */
export function depthwiseNode(weight: Node, g: Geometry): Node {
  const attrs = { groups: 1, groupStride: 0, k1: 1, k1Stride: 0, k2: g.taps, k2Stride: 1 };
  return packNode(weight, { ...attrs, n: g.outputs, nStride: g.taps, rowsAre: 'n' });
}

/** The product, or (`backward`) the gradient to its input, from the image of `from`. */
export function lowerDepthwise(
  node: Node,
  at: LowerContext,
  to: { g: Geometry; from: Node; bias: Pointer; backward: boolean },
): void {
  const { g, from } = to;
  const pixels = sizeBytes(node) / (node.shape[0]! * g.inputs * 4);
  at.call(
    'depthwiseRows',
    at.start(from),
    sizeBytes(from) / from.shape[0]!,
    at.constant('table', () => (to.backward ? backwardTable(g) : forwardTable(g))),
    g.taps,
    at.base(at.prepared(0)),
    to.bias,
    at.start(node),
    sizeBytes(node) / node.shape[0]!,
    at.count * (node.shape[0]! / at.total),
    pixels,
    g.inputs,
    at.constant('zeros', () => new Int32Array(panel)),
  );
}

/** A tile of the gradient to the weight: up to 16 channels. */
export function lowerDepthwiseGradient(node: Node, at: LowerContext, to: { g: Geometry; chunk: number }): void {
  const [x, dy] = node.inputs as [Node, Node];
  const { g } = to;
  const [first, channels] = [at.tile!.first / g.taps, at.tile!.count / g.taps];
  const block = at.carry(g.taps * channels * 4)(0);
  at.call(
    'depthwiseOuter',
    at.start(x) + first * 4,
    sizeBytes(x) / x.shape[0]!,
    at.constant('table', () => forwardTable(g)),
    g.taps,
    at.start(dy) + first * 4,
    sizeBytes(dy) / dy.shape[0]!,
    g.outputs * 4,
    (x.shape[0]! / at.total) * at.count,
    g.output[0] * g.output[1],
    channels,
    to.chunk,
    block,
    at.part.continued,
  );
  if (!at.part.last) return;
  // [taps][channels] → [channels][taps]
  at.call('toChannelsFirst', block, at.base(node) + at.tile!.first * 4, 1, channels, g.taps);
}

export function depthwiseTiles(g: Geometry): Tile[] {
  const starts = Array.from({ length: Math.ceil(g.outputs / panel) }, (_, i) => i * panel);
  return starts.map((c) => ({ first: c * g.taps, count: Math.min(panel, g.outputs - c) * g.taps }));
}
