/** Layers that normalise groups of channels, or single channels, of each sample. */
import { ShapeError } from '../errors.ts';
import { ones, zeros } from '../tensor/create.ts';
import { formatShape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Buffer } from './buffer.ts';
import { groupNorm, instanceNorm } from './group-norm-function.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { reprBoolean, reprNumber } from './repr.ts';

export interface GroupNormConfig {
  /** Added to the variance, ≥ 0. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight (ones at first) and a bias (zeros) for each channel. Default true. */
  readonly affine?: boolean;
}

/**
 * Group normalisation (Wu & He 2018) of [B, C, …]: y = (x − mean)/√(variance + eps) · weight[c] + bias[c], with mean and biased variance of
 * each of `numGroups` groups of C/numGroups neighbouring channels in each sample; the same in training and evaluation. weight [C] and bias
 * [C] are 1 and 0 at first. RangeError for groups that do not divide the channels or a negative eps, ShapeError for other inputs.
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(numGroups: number, numChannels: number, options: GroupNormConfig = {}) {
    super();
    const { eps = 1e-5, affine = true } = options;
    checkCount(numGroups, 'GroupNorm: numGroups');
    checkCount(numChannels, 'GroupNorm: numChannels');
    if (numChannels % numGroups !== 0)
      throw new RangeError(`GroupNorm: numGroups ${numGroups} must divide numChannels ${numChannels}`);
    if (!(eps >= 0)) throw new RangeError(`GroupNorm: eps must be a number ≥ 0, got ${eps}`);
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([numChannels])) : null;
    this.bias = affine ? new Parameter(zeros([numChannels])) : null;
  }

  override forward(x: Tensor): Tensor {
    const { numGroups, numChannels, weight, bias, eps } = this;
    if (x.shape[1] !== numChannels) {
      throw new ShapeError(
        `${this.describe()}: expected an input of shape [B, ${numChannels}, …], got ${formatShape(x.shape)}`,
      );
    }
    return groupNorm(x, numGroups, { weight, bias, eps, where: this.describe() });
  }

  override extraRepr(): string {
    const affine = reprBoolean(this.weight !== null);
    return `${this.numGroups}, ${this.numChannels}, eps=${reprNumber(this.eps)}, affine=${affine}`;
  }
}

export interface InstanceNormConfig {
  /** Added to the variance, ≥ 0. Default 1e-5. */
  readonly eps?: number;
  /** Weight of the new batch in the running statistics, in [0, 1]. Default 0.1. */
  readonly momentum?: number;
  /** Learn a weight (ones at first) and a bias (zeros). Default false. */
  readonly affine?: boolean;
  /** Keep running statistics, which evaluation then uses. Default false. */
  readonly trackRunningStats?: boolean;
}

/** What the layers for different ranks share. */
abstract class InstanceNorm extends Module {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  /** [C], zeros at first; `running_mean` in the state. */
  readonly runningMean: Buffer | null;
  /** [C], ones at first, unbiased; `running_var` in the state. */
  readonly runningVar: Buffer | null;
  /** In the state as `num_batches_tracked`, for PyTorch, which keeps it at 0 as well. */
  readonly numBatchesTracked: Buffer<'i32'> | null;
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number;
  /** What the kernel of running statistics counts in. */
  readonly #batches = zeros([], { dtype: 'i32' });
  /** The names of the axes after the channels. */
  protected abstract readonly axes: readonly string[];

  constructor(numFeatures: number, options: InstanceNormConfig = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = false, trackRunningStats = false } = options;
    checkCount(numFeatures, `${this.constructor.name}: numFeatures`);
    if (!(eps >= 0)) throw new RangeError(`${this.constructor.name}: eps must be a number ≥ 0, got ${eps}`);
    if (!(momentum >= 0 && momentum <= 1))
      throw new RangeError(`${this.constructor.name}: momentum must be in [0, 1], got ${momentum}`);
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
    const single = x.rank === this.axes.length + 1;
    const input = single ? x.unsqueeze(0) : x;
    if (input.rank !== this.axes.length + 2 || input.shape[1] !== this.numFeatures) {
      const sample = [this.numFeatures, ...this.axes].join(', ');
      throw new ShapeError(
        `${this.describe()}: expected an input of shape [B, ${sample}] or [${sample}], got ${formatShape(x.shape)}`,
      );
    }
    const { weight, bias, runningMean: mean, runningVar: variance, momentum, eps } = this;
    const running = mean && variance ? { mean, variance, batches: this.#batches } : null;
    const useInputStats = this.training || !running;
    const y = instanceNorm(input, { weight, bias, running, useInputStats, momentum, eps, where: this.describe() });
    return single ? y.squeeze(0) : y;
  }

  override extraRepr(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    const flags = `affine=${reprBoolean(weight !== null)}, track_running_stats=${reprBoolean(runningMean !== null)}`;
    return `${numFeatures}, eps=${reprNumber(eps)}, momentum=${reprNumber(momentum)}, ${flags}`;
  }
}

/**
 * Instance normalisation (Ulyanov et al. 2016) of [B, C, L] or [C, L]: y = (x − mean)/√(variance + eps) · weight + bias, with mean and biased
 * variance over L of each channel of each sample. With `trackRunningStats`, training moves running statistics towards the batch's mean of
 * those of the samples, and evaluation uses them. RangeError for options out of range, ShapeError for other shapes and for L = 1.
 */
export class InstanceNorm1d extends InstanceNorm {
  protected override readonly axes: readonly string[] = ['L'];
}

/**
 * Instance normalisation (Ulyanov et al. 2016) of images [B, C, H, W] or [C, H, W]: as `InstanceNorm1d`, with mean and variance over H and W.
 */
export class InstanceNorm2d extends InstanceNorm {
  protected override readonly axes: readonly string[] = ['H', 'W'];
}
