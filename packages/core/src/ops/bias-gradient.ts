/** The gradient of a bias: a sum over everything but the channels. */
import { sizeOf } from '../tensor/shape.ts';
import { type Op, wholeBatch, wholeChunks } from './define-op.ts';
import { chunkRows, ownedRows, rowTiles } from './row-tiles.ts';

/** The gradient of a bias: dy summed over everything but its channel axis. dy is channels-last when of rank 4. */
export const biasGradient: Op<{ channelAxis: number }> = {
  name: 'biasGradient',
  infer: ([dy], { channelAxis }) => ({ shape: [dy!.shape[channelAxis]!], dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: (node) => ({ inputs: [node.inputs[0]!.shape.length === 4 ? 'channelsLast' : 'row'], output: 'row' }),
  tiles: (node) => rowTiles(node, ownedRows),
  parts({ inputs: [dy], shape }, batch) {
    return { samples: wholeChunks(sizeOf(dy!.shape) / shape[0]! / batch, chunkRows), totals: 'result' };
  },
  lower(node, at) {
    const dy = node.inputs[0]!;
    const channels = node.shape[0]!;
    const { first, count } = at.tile!;
    at.call(
      'sumRows',
      at.start(dy) + first * 4,
      channels * 4,
      at.elements(dy) / channels,
      count,
      at.base(node) + first * 4,
      at.part.continued,
    );
  },
};
