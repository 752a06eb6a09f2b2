/** Batch normalisation as a function of tensors: shapes, errors, and which statistics are used. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { batchNorm as batchNormOp } from '../ops/batch-norm.ts';
import { batchStatisticsNode, runningNode } from '../ops/batch-statistics.ts';
import { binaryNode, unaryNode } from '../ops/elementwise.ts';
import { concat, reshapeNode } from '../ops/shape-ops.ts';
import { fullNode } from '../ops/source.ts';
import { perform } from '../run/effects.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

/** Running statistics, which training updates in place. */
export interface RunningStatistics {
  /** [C], f32. */
  readonly mean: Tensor;
  /** [C], f32. */
  readonly variance: Tensor;
  /** Batches so far: one i32. */
  readonly batches: Tensor<'i32'>;
}

export interface BatchNormOptions {
  /** gamma [C]. Default: ones. */
  readonly weight?: Tensor | null;
  /** beta [C]. Default: zeros. */
  readonly bias?: Tensor | null;
  /** Without them the batch's own statistics are used in both modes. */
  readonly running?: RunningStatistics | null;
  /** On = statistics of the batch, and an update of the running ones. Default false, as PyTorch's functional form. */
  readonly training?: boolean;
  /** Weight of the new batch in the running statistics; null = their mean over all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** Default 1e-5. */
  readonly eps?: number;
  readonly where?: string;
}

/**
 * Each channel of x [B, C], [B, C, L] or [B, C, H, W] as (x − mean)/√(variance + eps) · weight + bias (Ioffe & Szegedy 2015), with mean and
 * biased variance over everything but C, of the whole batch whatever its shards; or with the running statistics when not training.
 * @throws ShapeError for other shapes, and for one value per channel in training.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight = null, bias = null, running = null, training = false, eps = 1e-5, where = 'batchNorm' } = options;
  checkShapes(x, options, where);
  const channels = x.shape[1]!;
  const input = reshapeNode(f32(x.node), fourAxes(x.shape));
  const ofBatch = training || !running;
  if (training) checkManyValues(x, where);
  const statistics = ofBatch ? batchStatisticsNode(input, eps) : storedStatistics(running, eps);
  if (training && running) {
    const { mean, variance, batches } = running;
    const to = { mean: mean.node, variance: variance.node, counter: batches.node };
    const momentum = options.momentum === undefined ? 0.1 : options.momentum;
    perform(runningNode(statistics, { ...to, momentum }), [x.node, input, statistics]);
  }
  const [gamma, beta] = [weight?.node ?? fullNode([channels], 1), bias?.node ?? fullNode([channels], 0)];
  const result = makeNode(batchNormOp, [input, statistics, gamma, beta], { ofBatch, relu: false });
  return derived(reshapeNode(result, x.shape), [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])]);
}

/** [B, C, H, W], pixels in the last axis where there are fewer. */
export function fourAxes(shape: readonly number[]): readonly number[] {
  if (shape.length === 4) return shape;
  return [shape[0]!, shape[1]!, 1, sizeOf(shape.slice(2))];
}

/** [2, C] from running statistics: mean and 1/√(variance + eps). */
function storedStatistics({ mean, variance }: RunningStatistics, eps: number): Node {
  const row = (node: Node) => reshapeNode(node, [1, node.shape[0]!]);
  const deviation = unaryNode('sqrt', binaryNode('add', variance.node, fullNode([], eps)));
  return makeNode(concat, [row(mean.node), row(unaryNode('reciprocal', deviation))], { axis: 0 });
}

function checkShapes(x: Tensor, options: BatchNormOptions, where: string): void {
  if (x.rank < 2 || x.rank > 4) {
    throw new ShapeError(
      `${where}: expected an input of shape [B, C], [B, C, L] or [B, C, H, W], got ${formatShape(x.shape)}`,
    );
  }
  const { weight, bias, running } = options;
  const ofChannels: Record<string, Tensor | null | undefined> = {
    weight,
    bias,
    'running mean': running?.mean,
    'running variance': running?.variance,
  };
  for (const [name, tensor] of Object.entries(ofChannels)) {
    if (!tensor || (tensor.rank === 1 && tensor.shape[0] === x.shape[1])) continue;
    throw new ShapeError(
      `${where}: the ${name} has shape ${formatShape(tensor.shape)}, the input ${formatShape(x.shape)} has ${x.shape[1]} channels`,
    );
  }
  const counter: Tensor<DType> | undefined = running?.batches;
  if (counter && (counter.size !== 1 || counter.dtype !== 'i32'))
    throw new ShapeError(`${where}: the number of batches must be one i32`);
}

/** PyTorch's condition and words. */
function checkManyValues(x: Tensor, where: string): void {
  if (x.shape[0]! * sizeOf(x.shape.slice(2)) > 1) return;
  throw new ShapeError(
    `${where}: Expected more than 1 value per channel when training, got input size ${formatShape(x.shape)}; use a larger batch or eval()`,
  );
}
