/**
 * Statistics of batch normalisation (Ioffe & Szegedy 2015), channels-last, in two steps: the moments of each sample, in the task that
 * computes the sample, then those of the batch, in tiles of channels, samples in order; so they do not depend on how samples are cut.
 */
import { f32Bits } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type LowerContext, type Op, samplewiseRows, type Tile, wholeBatch } from './define-op.ts';

interface RowCounts {
  /** Samples of the task. */
  readonly samples: number;
  /** Pixels of a sample. */
  readonly rows: number;
  readonly channels: number;
}

/** The rows of channels of a [B, C, H, W] value in the task. */
export function rowsOf(x: Node, at: LowerContext): RowCounts {
  const samples = (x.shape[0]! / at.total) * at.count;
  return { samples, rows: sizeOf(x.shape.slice(2)), channels: x.shape[1]! };
}

/** x [B, C, H, W] → [B, 2, C]: mean and Σ (x − mean)² of each sample. */
const moments: Op<object> = {
  name: 'batchNormMoments',
  infer: ([x]) => ({ shape: [x!.shape[0]!, 2, x!.shape[1]!], dtype: 'f32' }),
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast'], output: 'row' }),
  lower(node, at) {
    const x = node.inputs[0]!;
    const { samples, rows, channels } = rowsOf(x, at);
    at.call('batchNormMoments', at.start(x), samples, rows, channels, at.start(node));
  },
};

interface StatisticsAttrs {
  readonly rows: number;
  readonly eps: number;
}

const tileChannels = 32;

/** Moments [B, 2, C] → [3, C]: mean, 1/√(variance + eps) and unbiased variance of the batch. A tile is a run of channels. */
const statistics: Op<StatisticsAttrs> = {
  name: 'batchNormStatistics',
  infer: ([of]) => ({ shape: [3, of!.shape[2]!], dtype: 'f32' }),
  samplewise: wholeBatch,
  tiles(node) {
    const channels = node.shape[1]!;
    const tiles: Tile[] = [];
    for (let first = 0; first < channels; first += tileChannels)
      tiles.push({ first, count: Math.min(tileChannels, channels - first) });
    return tiles;
  },
  lower(node, at) {
    const { rows, eps } = node.attrs;
    const [of] = node.inputs as [Node];
    const [samples, , channels] = of.shape as [number, number, number];
    const { first, count } = at.tile!;
    at.call(
      'batchNormStatistics',
      at.base(of),
      samples,
      rows,
      channels,
      first,
      count,
      f32Bits(Math.fround(eps)),
      at.base(node),
    );
  },
};

interface RunningAttrs {
  /** Weight of the new batch; null = the mean over all batches so far. */
  readonly momentum: number | null;
}

/** In place. Inputs: running mean [C], the batch's statistics [3, C], running variance [C], batches tracked (i32). */
const running: Op<RunningAttrs> = {
  name: 'batchNormRunning',
  infer: ([mean]) => ({ shape: mean!.shape, dtype: 'f32' }),
  samplewise: wholeBatch,
  inPlace: ({ inputs: [mean, , variance, counter] }) => [mean!, variance!, counter!],
  lower(node, at) {
    const [mean, of, variance, counter] = node.inputs as [Node, Node, Node, Node];
    const { momentum } = node.attrs;
    at.call(
      'batchNormRunning',
      at.base(of),
      at.base(mean),
      at.base(variance),
      at.base(counter),
      mean.shape[0]!,
      f32Bits(Math.fround(momentum ?? 0)),
      momentum === null ? 1 : 0,
    );
  },
};

/** Mean and Σ (x − mean)² of each channel of each sample: [B, C, H, W] → [B, 2, C]. */
export function momentsNode(x: Node): Node {
  return makeNode(moments, [x], {});
}

/** Statistics [3, C] of a batch [B, C, H, W]. */
export function batchStatisticsNode(x: Node, eps: number): Node {
  return makeNode(statistics, [momentsNode(x)], { rows: sizeOf(x.shape.slice(2)), eps });
}

/** The update of running statistics by those of a batch. */
export function runningNode(
  of: Node,
  to: { mean: Node; variance: Node; counter: Node; momentum: number | null },
): Node {
  return makeNode(running, [to.mean, of, to.variance, to.counter], { momentum: to.momentum });
}
