/** Pooling layers over sequences. */
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';
import * as F from './pool-functions.ts';
import { type LayerOptions, PoolModule, sizeRepr } from './pool-module.ts';
import { checkSingle, type Size1d } from './sizes.ts';

/** The maximum of each window: [B, C, L] → [B, C, OL]. RangeError for options out of range, ShapeError for inputs that do not fit. */
export class MaxPool1d extends PoolModule<Size1d, F.MaxPoolOptions<Size1d>> {
  constructor(kernelSize: Size1d, options: LayerOptions<F.MaxPoolOptions<Size1d>> = {}) {
    super(kernelSize, options, 1);
  }

  override forward(x: Tensor): Tensor {
    return F.maxPool1d(x, { ...this.options, where: this.describe() });
  }

  override extraRepr(): string {
    return this.window({ dilation: true, ceilMode: true });
  }
}

/**
 * The mean of each window: [B, C, L] → [B, C, OL]; padding counts in the mean unless `countIncludePad` is false. RangeError for options out
 * of range, ShapeError for inputs that do not fit.
 */
export class AvgPool1d extends PoolModule<Size1d, F.AvgPoolOptions<Size1d>> {
  constructor(kernelSize: Size1d, options: LayerOptions<F.AvgPoolOptions<Size1d>> = {}) {
    super(kernelSize, options, 1);
  }

  override forward(x: Tensor): Tensor {
    return F.avgPool1d(x, { ...this.options, where: this.describe() });
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this.options;
    // PyTorch keeps tuples here.
    const tuple = (size: Size1d) => sizeRepr([size].flat());
    return `kernel_size=${tuple(kernelSize)}, stride=${tuple(stride ?? kernelSize)}, padding=${tuple(padding ?? 0)}`;
  }
}

/** Means over windows that divide the sequence evenly: [B, C, L] → [B, C, outputSize]. Errors as `F.adaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends Module {
  readonly outputSize: Size1d;

  constructor(outputSize: Size1d) {
    super();
    checkSingle(outputSize, 1, 'AdaptiveAvgPool1d: outputSize');
    this.outputSize = outputSize;
  }

  override forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool1d(x, this.outputSize, { where: this.describe() });
  }

  override extraRepr(): string {
    return `output_size=${sizeRepr(this.outputSize)}`;
  }
}
