/** The gradient of a 2-D convolution to its weight. */
import { sparseListBytes } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { mayBeSparse } from '../graph/sparsity.ts';
import type { Shape } from '../tensor/shape.ts';
import { depthwiseTiles, isDepthwise, lowerDepthwiseGradient } from './conv-depthwise.ts';
import {
  type Conv2dAttrs,
  forwardTable,
  type Geometry,
  geometryOf,
  isUnpadded,
  mergedTaps,
  productFlops,
} from './conv-geometry.ts';
import { type LowerContext, type Op, type Tile, wholeBatch, wholeChunks } from './define-op.ts';
import { ownedRows } from './row-tiles.ts';

/** Output pixels per chunk of the sum over the batch (rounded up to whole samples): a constant of the format. */
const chunkPixels = 256;

/** dWeight [O, C/groups, kH, kW]: tiles of output channels, each summed over the whole batch in one fixed order. */
export const weightGradient: Op<Conv2dAttrs & { weight: Shape }> = {
  name: 'conv2dWeightGradient',
  infer: (_inputs, { weight }) => ({ shape: weight, dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: () => ({ inputs: ['channelsLast', 'channelsLast'], output: 'row' }),
  tiles(node) {
    const g = geometryOf(node.inputs[0]!.shape, node.attrs.weight, node.attrs);
    if (isDepthwise(g)) return depthwiseTiles(g);
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
  parts({ inputs: [x], attrs }, batch) {
    const chunk = chunkOf(geometryOf(x!.shape, attrs.weight, attrs));
    return { samples: wholeChunks(x!.shape[0]! / batch, chunk), totals: 'carry' };
  },
  flops: ({ inputs: [x], attrs }) => productFlops(geometryOf(x!.shape, attrs.weight, attrs), x!.shape[0]!),
  explain({ inputs: [x, dy], attrs }) {
    const g = geometryOf(x!.shape, attrs.weight, attrs);
    if (isDepthwise(g)) return 'depthwise: over channels';
    const how = skipsZeros(g, dy!) ? 'the zeros of the gradient are skipped' : 'dense';
    return `sum over the batch by tiles of output channels, ${how}`;
  },
  lower(node, at) {
    const [x, dy] = node.inputs as [Node, Node];
    const g = geometryOf(x.shape, node.shape, node.attrs);
    const chunk = chunkOf(g);
    if (isDepthwise(g)) lowerDepthwiseGradient(node, at, { g, chunk });
    else if (skipsZeros(g, dy)) skippingGradient(node, at, { g, chunk });
    else denseGradient(node, at, { g, chunk });
  },
};

/** Samples of the part of the batch that is summed over. */
function samplesOf(x: Node, at: LowerContext): number {
  return (x.shape[0]! / at.total) * at.count;
}

/** Samples of a chunk. */
function chunkOf(g: Geometry): number {
  return Math.ceil(chunkPixels / (g.output[0] * g.output[1]));
}

/** A tile of the gradient, whatever dy holds: 16 outputs of one group at a time. */
function denseGradient(node: Node, at: LowerContext, to: { g: Geometry; chunk: number }): void {
  const [x, dy] = node.inputs as [Node, Node];
  const { g, chunk } = to;
  const { taps, k } = mergedTaps(g);
  const table = at.constant('table', () => forwardTable(g));
  const row = g.groupInputs * g.taps;
  const pixelsOut = g.output[0] * g.output[1];
  const first = at.tile!.first / row;
  const group = Math.floor(first / g.groupOutputs);
  const end = first + at.tile!.count / row;
  const blocks = at.carry(row * 64, Math.ceil((end - first) / 16));
  for (let o = first; o < end; o += 16) {
    const block = blocks((o - first) / 16);
    const lanes = Math.min(16, end - o);
    at.call(
      'outerRows',
      at.start(x) + group * g.groupInputs * 4,
      g.input[0] * g.input[1] * g.inputs * 4,
      table,
      taps,
      k,
      at.start(dy) + o * 4,
      pixelsOut * g.outputs * 4,
      g.outputs * 4,
      samplesOf(x, at),
      pixelsOut,
      lanes,
      chunk,
      block,
      at.part.continued,
    );
    if (!at.part.last) continue;
    at.call('unpackPanel', block, at.base(node) + o * row * 4, g.taps, 4, g.groupInputs, g.taps * 4, lanes, row * 4);
  }
}

/** Floats of a merged tap from which, and pixels of dy up to which, lists of its nonzeros pay: measured at a density of one half. */
const sparseLength = 96;
const sparsePixels = 1024;

/** Whether the sums run over the nonzeros of dy: the same bits, only without padding. */
function skipsZeros(g: Geometry, dy: Node): boolean {
  const unpadded = g.groups === 1 && isUnpadded(g, 0) && isUnpadded(g, 1);
  const pays = mergedTaps(g).k >= sparseLength && g.output[0] * g.output[1] <= sparsePixels;
  return unpadded && pays && mayBeSparse(dy);
}

/** A tile of the gradient, one group without padding, where dy has many zeros: the same sums over its nonzeros. */
function skippingGradient(node: Node, at: LowerContext, to: { g: Geometry; chunk: number }): void {
  const [x, dy] = node.inputs as [Node, Node];
  const { g, chunk } = to;
  const { taps, k } = mergedTaps(g);
  // Without padding an offset is that of the pixel's first tap plus that of the tap at the first pixel.
  const pixels = at.constant('pixels', () => forwardTable(g).filter((_, i) => i % taps === 0));
  const tapOffsets = at.constant('taps', () => forwardTable(g).slice(0, taps));
  const row = g.inputs * g.taps;
  const [first, columns] = [at.tile!.first / row, at.tile!.count / row];
  const pixelsOut = g.output[0] * g.output[1];
  const block = at.carry(columns * row * 4)(0);
  at.call(
    'outerRowsSparse',
    at.start(x),
    g.input[0] * g.input[1] * g.inputs * 4,
    pixels,
    tapOffsets,
    taps,
    k,
    at.start(dy) + first * 4,
    pixelsOut * g.outputs * 4,
    g.outputs * 4,
    samplesOf(x, at),
    pixelsOut,
    columns,
    chunk,
    block,
    row * 4,
    at.scratch(sparseListBytes(columns + 19, Math.min(chunk, samplesOf(x, at)) * pixelsOut)),
    at.part.continued,
  );
  if (!at.part.last) return;
  // [o][kH·kW][C] → [o][C][kH·kW]
  at.call('toChannelsFirst', block, at.base(node) + at.tile!.first * 4, columns, g.inputs, g.taps);
}
