/** Pooling layers. */
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';

/** The maximum of each window: [B, C, H, W] → [B, C, OH, OW]. */
export class MaxPool2d extends Module {
  readonly options: F.PoolOptions & { dilation?: F.Size };

  /** `stride` defaults to the kernel size. */
  constructor(kernelSize: F.Size, options: Omit<F.PoolOptions, 'kernelSize' | 'where'> & { dilation?: F.Size } = {}) {
    super();
    this.options = { ...options, kernelSize: F.checkPair(kernelSize, 1, 'MaxPool2d: kernelSize') };
  }

  override forward(x: Tensor): Tensor {
    return F.maxPool2d(x, { ...this.options, where: this.describe() });
  }

  override describe(): string {
    return `MaxPool2d(${F.pair(this.options.kernelSize).join('×')})`;
  }
}

/** The mean of each window: [B, C, H, W] → [B, C, OH, OW]. */
export class AvgPool2d extends Module {
  readonly options: F.PoolOptions & { countIncludePad?: boolean };

  /** `stride` defaults to the kernel size; padding counts in the mean unless `countIncludePad` is false. */
  constructor(
    kernelSize: F.Size,
    options: Omit<F.PoolOptions, 'kernelSize' | 'where'> & { countIncludePad?: boolean } = {},
  ) {
    super();
    this.options = { ...options, kernelSize: F.checkPair(kernelSize, 1, 'AvgPool2d: kernelSize') };
  }

  override forward(x: Tensor): Tensor {
    return F.avgPool2d(x, { ...this.options, where: this.describe() });
  }

  override describe(): string {
    return `AvgPool2d(${F.pair(this.options.kernelSize).join('×')})`;
  }
}
