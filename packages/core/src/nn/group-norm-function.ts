/** Group and instance normalisation as functions of tensors. */
import { ShapeError } from '../errors.ts';
import type { Node } from '../graph/node.ts';
import { makeNode } from '../graph/node.ts';
import { rowOf } from '../ops/batch-norm.ts';
import { momentsNode, runningNode } from '../ops/batch-statistics.ts';
import { meanNode } from '../ops/broadcast.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { groupNormNode } from '../ops/group-norm.ts';
import { concat, reshapeNode } from '../ops/shape-ops.ts';
import { fullNode } from '../ops/source.ts';
import { perform } from '../run/effects.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';
import { batchNorm, fourAxes, type RunningStatistics } from './batch-norm-function.ts';

export interface GroupNormOptions {
  /** gamma [C]. Default: ones. */
  readonly weight?: Tensor | null;
  /** beta [C]. Default: zeros. */
  readonly bias?: Tensor | null;
  /** Added to the variance, ≥ 0. Default 1e-5. */
  readonly eps?: number;
  readonly where?: string;
}

export interface InstanceNormOptions extends GroupNormOptions {
  /** Statistics that training moves and evaluation may use. Default: none. */
  readonly running?: RunningStatistics | null;
  /** Normalise by the sample's own statistics (and update the running ones) rather than by the running ones. Default true. */
  readonly useInputStats?: boolean;
  /** Weight of the new batch in the running statistics, in [0, 1]. Default 0.1. */
  readonly momentum?: number;
}

/**
 * x [B, C, …] with its channels in `numGroups` groups of neighbours, each as (x − mean)/√(variance + eps) (Wu & He 2018), mean and biased
 * variance over the channels and pixels of a group in one sample; then · weight[c] + bias[c].
 * @throws ShapeError for a rank below 2, groups that do not divide the channels, or a weight or bias of another length. RangeError for a
 * negative eps.
 */
export function groupNorm(x: Tensor, numGroups: number, options: GroupNormOptions = {}): Tensor {
  const { where = 'groupNorm' } = options;
  const channels = x.shape[1] ?? 0;
  if (x.rank < 2 || !Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
    throw new ShapeError(
      `${where}: expected an input of shape [B, C, …] whose channels ${numGroups} groups divide, got ${formatShape(x.shape)}`,
    );
  }
  if (sizeOf(x.shape) === numGroups) {
    throw new ShapeError(
      `${where}: Expected more than 1 value per channel when training, got input size ${formatShape(x.shape)}`,
    );
  }
  return normalise(x, numGroups, { ...options, where });
}

/**
 * Each channel of each sample of x [B, C, L] or [B, C, H, W] as (x − mean)/√(variance + eps) · weight + bias (Ulyanov et al. 2016), with mean
 * and biased variance over its pixels. With running statistics, training moves them towards the mean of those of the samples (the
 * variances unbiased).
 * @throws ShapeError for other shapes, for a single pixel with its own statistics, and where there are no running statistics to use.
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const { running = null, useInputStats = true, momentum = 0.1, where = 'instanceNorm' } = options;
  if (x.rank < 3) {
    throw new ShapeError(`${where}: expected an input of shape [B, C, L] or [B, C, H, W], got ${formatShape(x.shape)}`);
  }
  if (!useInputStats) {
    if (!running) throw new ShapeError(`${where}: without running statistics the input's own must be used`);
    const { weight = null, bias = null, eps = 1e-5 } = options;
    return batchNorm(x, { weight, bias, running, eps, where });
  }
  if (sizeOf(x.shape.slice(2)) === 1) {
    throw new ShapeError(
      `${where}: Expected more than 1 spatial element when training, got input size ${formatShape(x.shape)}`,
    );
  }
  if (running) updateRunning(x, running, momentum);
  return normalise(x, x.shape[1]!, { ...options, where });
}

function normalise(x: Tensor, groups: number, options: GroupNormOptions & { where: string }): Tensor {
  const { weight = null, bias = null, eps = 1e-5, where } = options;
  const channels = x.shape[1]!;
  if (!(eps >= 0)) throw new RangeError(`${where}: eps must be a number ≥ 0, got ${eps}`);
  for (const [name, tensor] of [
    ['weight', weight],
    ['bias', bias],
  ] as const) {
    if (!tensor || (tensor.rank === 1 && tensor.size === channels)) continue;
    throw new ShapeError(
      `${where}: the ${name} has shape ${formatShape(tensor.shape)}, the input ${formatShape(x.shape)} has ${channels} channels`,
    );
  }
  const result = groupNormNode(reshapeNode(f32(x.node), fourAxes(x.shape)), {
    groups,
    eps,
    weight: weight?.node ?? fullNode([channels], 1),
    bias: bias?.node ?? fullNode([channels], 0),
  });
  return derived(reshapeNode(result, x.shape), [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])]);
}

function updateRunning(x: Tensor, running: RunningStatistics, momentum: number): void {
  const input = reshapeNode(f32(x.node), fourAxes(x.shape));
  const moments = momentsNode(input);
  const means = meanNode(moments, { axes: [0], keepDims: false });
  const unbiased = binaryNode('mul', rowOf(means, 1), fullNode([], 1 / (sizeOf(x.shape.slice(2)) - 1)));
  const row = (node: Node) => reshapeNode(node, [1, x.shape[1]!]);
  const statistics = makeNode(concat, [row(rowOf(means, 0)), row(unbiased), row(unbiased)], { axis: 0 });
  const { mean, variance, batches } = running;
  const update = runningNode(statistics, {
    mean: mean.node,
    variance: variance.node,
    counter: batches.node,
    momentum,
  });
  perform(update, [x.node, input, moments]);
}
