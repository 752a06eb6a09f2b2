/** Batch normalisation layers. */
import { ShapeError } from '../errors.ts';
import { ones, zeros } from '../tensor/create.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { batchNorm } from './batch-norm-function.ts';
import { Buffer } from './buffer.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { reprBoolean, reprNumber } from './repr.ts';

export interface BatchNormConfig {
  /** Added to the variance, ≥ 0. Default 1e-5. */
  readonly eps?: number;
  /** Weight of the new batch in the running statistics, in [0, 1]; null = their mean over all batches. Default 0.1. */
  readonly momentum?: number | null;
  /** Learn a weight (ones at first) and a bias (zeros). Default true. */
  readonly affine?: boolean;
  /** Keep running statistics for evaluation. Default true. */
  readonly trackRunningStats?: boolean;
}

/** What the layers for different ranks share. */
abstract class BatchNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  /** [C], zeros at first; `running_mean` in the state. */
  readonly runningMean: Buffer | null;
  /** [C], ones at first, unbiased; `running_var` in the state. */
  readonly runningVar: Buffer | null;
  /** Training batches seen; `num_batches_tracked` in the state. */
  readonly numBatchesTracked: Buffer<'i32'> | null;
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  protected abstract readonly ranks: readonly number[];

  constructor(numFeatures: number, options: BatchNormConfig = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    checkCount(numFeatures, `${this.constructor.name}: numFeatures`);
    if (!(eps >= 0)) throw new RangeError(`${this.constructor.name}: eps must be a number ≥ 0, got ${eps}`);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1))
      throw new RangeError(`${this.constructor.name}: momentum must be in [0, 1] or null, got ${momentum}`);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? new Parameter(ones([numFeatures])) : null;
    this.bias = affine ? new Parameter(zeros([numFeatures])) : null;
    this.runningMean = trackRunningStats ? new Buffer(zeros([numFeatures]), 'running_mean') : null;
    this.runningVar = trackRunningStats ? new Buffer(ones([numFeatures]), 'running_var') : null;
    this.numBatchesTracked = trackRunningStats ? new Buffer(zeros([], { dtype: 'i32' }), 'num_batches_tracked') : null;
  }

  override forward(x: Tensor): Tensor {
    const where = this.describe();
    if (!this.ranks.includes(x.rank) || x.shape[1] !== this.numFeatures) {
      const axes = { 2: '', 3: ', L', 4: ', H, W' } as Record<number, string>;
      const expected = this.ranks.map((rank) => `[B, ${this.numFeatures}${axes[rank]}]`).join(' or ');
      throw new ShapeError(`${where}: expected an input of shape ${expected}, got ${formatShape(x.shape)}`);
    }
    const { weight, bias, runningMean: mean, runningVar: variance, numBatchesTracked: batches, momentum, eps } = this;
    const running = mean && variance && batches ? { mean, variance, batches } : null;
    // Without running statistics evaluation uses the batch's too.
    return batchNorm(x, { weight, bias, running, training: this.training || !running, momentum, eps, where });
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    const moving = momentum === null ? 'None' : reprNumber(momentum);
    const flags = `affine=${reprBoolean(weight !== null)}, track_running_stats=${reprBoolean(runningMean !== null)}`;
    return `${numFeatures}, eps=${reprNumber(eps)}, momentum=${moving}, ${flags}`;
  }

  override describe(): string {
    return `${this.constructor.name}(${this.numFeatures})`;
  }
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) of [B, C] or [B, C, L], any values: y = (x − mean)/√(variance + eps) · weight + bias for each of C
 * channels. Training uses mean and biased variance of the whole batch and moves the running ones towards them
 * (running = (1 − momentum)·running + momentum·batch, with the unbiased variance); evaluation uses the running ones.
 * weight [C] and bias [C] are 1 and 0 at first. ShapeError for other shapes, and for one value per channel in training.
 */
export class BatchNorm1d extends BatchNorm {
  protected override readonly ranks: readonly number[] = [2, 3];
}

/**
 * Batch normalisation (Ioffe & Szegedy 2015) of images [B, C, H, W]: as `BatchNorm1d`, with mean and variance of each channel over B, H and W.
 */
export class BatchNorm2d extends BatchNorm {
  protected override readonly ranks: readonly number[] = [4];
}
