/** Pooling layers over images. */
import type { Tensor } from '../tensor/tensor.ts';
import { Module } from './module.ts';
import * as F from './pool-functions.ts';
import { type LayerOptions, PoolModule, sizeRepr } from './pool-module.ts';
import { reprBoolean } from './repr.ts';
import type { Size } from './sizes.ts';

/** The maximum of each window: [B, C, H, W] → [B, C, OH, OW]. RangeError for options out of range, ShapeError for inputs that do not fit. */
export class MaxPool2d extends PoolModule<Size, F.MaxPoolOptions> {
  constructor(kernelSize: Size, options: LayerOptions<F.MaxPoolOptions> = {}) {
    super(kernelSize, options, 2);
  }

  override forward(x: Tensor): Tensor {
    return F.maxPool2d(x, { ...this.options, where: this.describe() });
  }

  override extraRepr(): string {
    return this.window({ dilation: true, ceilMode: true });
  }
}

/**
 * The mean of each window: [B, C, H, W] → [B, C, OH, OW]; padding counts in the mean unless `countIncludePad` is false. RangeError for
 * options out of range, ShapeError for inputs that do not fit.
 */
export class AvgPool2d extends PoolModule<Size, F.AvgPool2dOptions> {
  constructor(kernelSize: Size, options: LayerOptions<F.AvgPool2dOptions> = {}) {
    super(kernelSize, options, 2);
  }

  override forward(x: Tensor): Tensor {
    return F.avgPool2d(x, { ...this.options, where: this.describe() });
  }

  override extraRepr(): string {
    return this.window({ ceilMode: false });
  }
}

/** (Σ x^p)^(1/p) over each window, p = `normType` 1 or 2: [B, C, H, W] → [B, C, OH, OW]. Errors and gradients as `F.lpPool2d`. */
export class LPPool2d extends PoolModule<Size, { readonly stride?: Size; readonly ceilMode?: boolean }> {
  readonly normType: 1 | 2;

  constructor(normType: 1 | 2, kernelSize: Size, options: { stride?: Size; ceilMode?: boolean } = {}) {
    super(kernelSize, options, 2);
    if (normType !== 1 && normType !== 2)
      throw new RangeError(`LPPool2d: normType must be 1 or 2, got ${String(normType)}`);
    this.normType = normType;
  }

  override forward(x: Tensor): Tensor {
    return F.lpPool2d(x, { ...this.options, normType: this.normType, where: this.describe() });
  }

  override extraRepr(): string {
    const { kernelSize, stride, ceilMode = false } = this.options;
    const sizes = `kernel_size=${sizeRepr(kernelSize)}, stride=${sizeRepr(stride)}`;
    return `norm_type=${this.normType}, ${sizes}, ceil_mode=${reprBoolean(ceilMode)}`;
  }
}

/** What the adaptive layers share. */
abstract class AdaptivePool2d extends Module {
  readonly outputSize: F.OutputSize;

  /** One number for both axes, or [height, width]; null keeps the input's. */
  constructor(outputSize: F.OutputSize) {
    super();
    this.outputSize = outputSize;
  }

  override extraRepr(): string {
    return `output_size=${sizeRepr(this.outputSize)}`;
  }
}

/** Means over windows that divide the image evenly: [B, C, H, W] → [B, C, OH, OW]. Errors as `F.adaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends AdaptivePool2d {
  override forward(x: Tensor): Tensor {
    return F.adaptiveAvgPool2d(x, this.outputSize, { where: this.describe() });
  }
}

/** Maxima over windows that divide the image evenly: [B, C, H, W] → [B, C, OH, OW]. Errors as `F.adaptiveMaxPool2d`. */
export class AdaptiveMaxPool2d extends AdaptivePool2d {
  override forward(x: Tensor): Tensor {
    return F.adaptiveMaxPool2d(x, this.outputSize, { where: this.describe() });
  }
}
