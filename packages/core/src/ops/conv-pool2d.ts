/**
 * Convolution, bias, ReLU and 2×2 max pooling as one op, channels-last. Only the pooled values and one byte each are written (which pixel
 * of the window won; 4 = none was positive); the gradients read those bytes and touch only the winners. 3×3 kernels on enough channels run
 * by Winograd's F(2×2, 3×3), whose output tile is the pooling window. `graph/fuse.ts` puts it in place of the separate ops.
 */
import {
  convPoolScratchBytes,
  poolConvInputGradientScratchBytes,
  poolConvWeightGradientScratchBytes,
  winogradScratchBytes,
} from '@lockstep/kernels';
import { TensorStateError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { backwardPack, type Conv2dAttrs, forwardPack, geometryOf, productFlops } from './conv-geometry.ts';
import { keepsRows, type LowerContext, type Op, wholeBatch, wholeChunks } from './define-op.ts';
import { packNode } from './pack-weights.ts';
import { rowTiles } from './row-tiles.ts';
import { suitsWinograd, winogradNode } from './winograd-weights.ts';

/** x [B, C, H, W], weight [O, C, kH, kW], bias [O] → [B, O, ⌊OH/2⌋, ⌊OW/2⌋]: max pooling of relu(x * weight + bias). Stride 1, no padding. */
export const convPool2d: Op<Conv2dAttrs> = {
  name: 'convPool2d',
  infer([x, weight], attrs) {
    const g = geometryOf(x!.shape, weight!.shape, attrs);
    return { shape: [x!.shape[0]!, g.outputs, g.output[0] >> 1, g.output[1] >> 1], dtype: 'f32' };
  },
  gradient(node, dy) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node];
    const dx = makeNode(inputGradient, [dy, node, weight], { ...node.attrs, input: x.shape });
    const dWeight = makeNode(weightGradient, [dy, node, x], { ...node.attrs, weight: weight.shape });
    return [dx, dWeight, makeNode(biasOfWeightGradient, [dWeight], { shape: bias.shape })];
  },
  samplewise: (node, split, batch) => split[0] === true && !split[1] && !split[2] && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'row', 'row'], output: 'channelsLast' }),
  side: (node) => sizeOf(node.shape),
  prepare(node) {
    const [x, weight] = node.inputs as [Node, Node, Node];
    const g = geometryOf(x.shape, weight.shape, node.attrs);
    return [suitsWinograd(g.kernel, g.inputs) ? winogradNode(weight) : packNode(weight, forwardPack(g))];
  },
  flops: ({ inputs: [x, weight], attrs }) => productFlops(geometryOf(x!.shape, weight!.shape, attrs), x!.shape[0]!),
  explain({ inputs: [x, weight], attrs }) {
    const g = geometryOf(x!.shape, weight!.shape, attrs);
    const how = suitsWinograd(g.kernel, g.inputs) ? 'Winograd' : 'too few channels or no 3×3 for Winograd: direct';
    return `${g.kernel.join('×')} on ${g.inputs} channels, ReLU, pooled: ${how}`;
  },
  lower(node, at) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node];
    const g = geometryOf(x.shape, weight.shape, node.attrs);
    const [ph, pw] = node.shape.slice(2) as [number, number];
    const samples = (node.shape[0]! / at.total) * at.count;
    const codes = at.side(node) || at.scratch(at.elements(node));
    const pixelBytes = g.inputs * 4;
    const rowBytes = g.input[1] * pixelBytes;
    const from = { x: at.start(x), w: at.base(at.prepared(0)), bias: at.base(bias), out: at.start(node) };
    if (suitsWinograd(g.kernel, g.inputs)) {
      const scratch = at.scratch(winogradScratchBytes(g.inputs));
      at.call(
        'winogradPool',
        from.x,
        g.input[0] * rowBytes,
        rowBytes,
        g.inputs,
        from.w,
        from.bias,
        from.out,
        codes,
        samples,
        ph,
        pw,
        g.outputs,
        scratch,
      );
    } else {
      const tmp = at.scratch(convPoolScratchBytes(g.kernel[0]));
      const row = g.kernel[1] * g.inputs;
      at.call(
        'convPool',
        from.x,
        g.input[0] * rowBytes,
        rowBytes,
        pixelBytes,
        g.kernel[0],
        row,
        from.w,
        from.bias,
        from.out,
        codes,
        samples,
        ph,
        pw,
        g.outputs,
        tmp,
      );
    }
  },
};

/** Where the winners of the forward pass lie; they live only within the program that computed them. */
function winnersOf(y: Node, at: LowerContext): number {
  const winners = at.side(y);
  if (!winners)
    throw new TensorStateError(
      'convPool2d: values and gradients must be computed by one program; realise them together',
    );
  return winners;
}

/** dx from the pooled gradient and the winners. */
const inputGradient: Op<Conv2dAttrs & { input: Shape }> = {
  name: 'convPool2dInputGradient',
  infer: (_inputs, { input }) => ({ shape: input, dtype: 'f32' }),
  samplewise: (node, split, batch) => split[0] === true && split[1] === true && !split[2] && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'row'], output: 'channelsLast' }),
  readsSideOf: 1,
  prepare: (node) => [
    packNode(node.inputs[2]!, backwardPack(geometryOf(node.shape, node.inputs[2]!.shape, node.attrs))),
  ],
  flops: (node) => productFlops(geometryOf(node.shape, node.inputs[2]!.shape, node.attrs), node.shape[0]!),
  explain: () => 'only the winners of the pooling have a gradient: lists of them',
  lower(node, at) {
    const [dy, y, weight] = node.inputs as [Node, Node, Node];
    const g = geometryOf(node.shape, weight.shape, node.attrs);
    const [ph, pw] = y.shape.slice(2) as [number, number];
    const pixels = g.input[0] * g.input[1];
    const samples = (node.shape[0]! / at.total) * at.count;
    const table = at.constant('table', () => outputPixels(g));
    const lists = at.scratch(
      poolConvInputGradientScratchBytes({
        ph,
        pw,
        oh: g.output[0],
        ow: g.output[1],
        channels: g.outputs,
        rows: pixels,
      }),
    );
    at.call(
      'poolConvInputGradient',
      at.start(dy),
      winnersOf(y, at),
      ph,
      pw,
      g.output[0],
      g.output[1],
      g.outputs,
      table,
      g.taps,
      at.base(at.prepared(0)),
      at.start(node),
      pixels * g.inputs * 4,
      g.inputs * 4,
      samples,
      pixels,
      g.inputs,
      lists,
    );
  },
};

/** i32 [input pixel][tap]: the number of the output pixel that reads this input pixel through this tap, −1 if none. Stride 1. */
function outputPixels(g: ReturnType<typeof geometryOf>): Int32Array {
  const table: number[] = [];
  for (let h = 0; h < g.input[0]; h++) {
    for (let w = 0; w < g.input[1]; w++) {
      for (let kh = 0; kh < g.kernel[0]; kh++) {
        for (let kw = 0; kw < g.kernel[1]; kw++) {
          const inside = h >= kh && h - kh < g.output[0] && w >= kw && w - kw < g.output[1];
          table.push(inside ? (h - kh) * g.output[1] + (w - kw) : -1);
        }
      }
    }
  }
  return Int32Array.from(table);
}

/** Output pixels per chunk of the sum over the batch (rounded up to whole samples): a constant of the format. */
const chunkPixels = 256;
const tileRows = 16;

/** Samples of a chunk. */
function chunkOf(g: ReturnType<typeof geometryOf>): number {
  return Math.ceil(chunkPixels / (g.output[0] * g.output[1]));
}

/** dWeight [O, C, kH, kW] from the winners; its side value is the gradient of the bias, which the same lists give. */
const weightGradient: Op<Conv2dAttrs & { weight: Shape }> = {
  name: 'convPool2dWeightGradient',
  infer: (_inputs, { weight }) => ({ shape: weight, dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'channelsLast'], output: 'row' }),
  readsSideOf: 1,
  side: (node) => node.shape[0]! * 4,
  tiles: (node) => rowTiles(node, tileRows),
  parts({ inputs: [, , x], attrs }, batch) {
    const chunk = chunkOf(geometryOf(x!.shape, attrs.weight, attrs));
    return { samples: wholeChunks(x!.shape[0]! / batch, chunk), totals: 'carry' };
  },
  flops: ({ inputs: [, , x], attrs }) => productFlops(geometryOf(x!.shape, attrs.weight, attrs), x!.shape[0]!),
  explain: () => 'only the winners of the pooling have a gradient: lists of them',
  lower(node, at) {
    const [dy, y, x] = node.inputs as [Node, Node, Node];
    const g = geometryOf(x.shape, node.shape, node.attrs);
    const [ph, pw] = y.shape.slice(2) as [number, number];
    const [pixelBytes, rowBytes] = [g.inputs * 4, g.input[1] * g.inputs * 4];
    const row = g.inputs * g.taps;
    const first = at.tile!.first / row;
    const columns = at.tile!.count / row;
    const chunk = chunkOf(g);
    const samples = (x.shape[0]! / at.total) * at.count;
    const block = at.carry(columns * row * 4)(0);
    const kept = at.side(node);
    const bias = kept ? kept + first * 4 : at.carry(64)(0);
    const lists = at.scratch(poolConvWeightGradientScratchBytes(ph * pw, Math.min(chunk, samples)));
    at.call(
      'poolConvWeightGradient',
      at.start(dy) + first * 4,
      winnersOf(y, at) + first,
      g.outputs,
      ph,
      pw,
      at.start(x),
      g.input[0] * rowBytes,
      rowBytes,
      pixelBytes,
      g.kernel[0],
      g.kernel[1] * g.inputs,
      samples,
      columns,
      chunk,
      block,
      row * 4,
      bias,
      lists,
      at.part.continued,
    );
    if (!at.part.last) return;
    // [o][kH·kW][C] → [o][C][kH·kW]
    at.call('toChannelsFirst', block, at.base(node) + at.tile!.first * 4, columns, g.inputs, g.taps);
  },
};

/** The bias gradient that the weight gradient left beside it. */
const biasOfWeightGradient: Op<{ shape: Shape }> = {
  name: 'convPool2dBiasGradient',
  infer: (_inputs, { shape }) => ({ shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  readsSideOf: 0,
  sideOnly: 0,
  tiles: (node) => rowTiles(node, node.shape[0]!),
  explain: () => 'left beside the weight gradient by the same lists',
  lower(node, at) {
    const kept = at.side(node.inputs[0]!);
    if (!kept)
      throw new TensorStateError('convPool2d: the gradients of weight and bias must be computed by one program');
    at.call('copy', kept, at.base(node) + at.tile!.first * 4, at.tile!.count * 4);
  },
};
