/** Layers that resample images and move elements between channels and pixels. */
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './interpolate-function.ts';
import { Module } from './module.ts';
import { reprFloat } from './repr.ts';

export type UpsampleConfig = Omit<F.InterpolateOptions, 'where'>;

/** [B, C, L] or [B, C, H, W] resampled to a size or by a factor, by the nearest element by default. Errors as `F.interpolate`. */
export class Upsample extends Module {
  readonly options: UpsampleConfig;

  constructor(options: UpsampleConfig) {
    super();
    this.options = options;
  }

  override forward(x: Tensor): Tensor {
    return F.interpolate(x, { ...this.options, where: this.describe() });
  }

  override extraRepr(): string {
    const { size = null, scaleFactor = null, mode = 'nearest' } = this.options;
    const tuple = (values: readonly (number | string)[]) => `(${values.join(', ')}${values.length === 1 ? ',' : ''})`;
    if (scaleFactor === null) return `size=${typeof size === 'number' ? size : tuple(size ?? [])}, mode=${mode}`;
    const factor = typeof scaleFactor === 'number' ? reprFloat(scaleFactor) : tuple(scaleFactor.map(reprFloat));
    return `scale_factor=${factor}, mode=${mode}`;
  }
}

/** [… , C·r², H, W] → [… , C, H·r, W·r] (Shi et al. 2016). Errors as `F.pixelShuffle`. */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number;

  constructor(upscaleFactor: number) {
    super();
    this.upscaleFactor = upscaleFactor;
  }

  override forward(x: Tensor): Tensor {
    return F.pixelShuffle(x, this.upscaleFactor, { where: this.describe() });
  }

  override extraRepr(): string {
    return `upscale_factor=${this.upscaleFactor}`;
  }
}

/** [… , C, H·r, W·r] → [… , C·r², H, W], the inverse of `PixelShuffle`. Errors as `F.pixelUnshuffle`. */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number;

  constructor(downscaleFactor: number) {
    super();
    this.downscaleFactor = downscaleFactor;
  }

  override forward(x: Tensor): Tensor {
    return F.pixelUnshuffle(x, this.downscaleFactor, { where: this.describe() });
  }

  override extraRepr(): string {
    return `downscale_factor=${this.downscaleFactor}`;
  }
}

/** [B, C, …] with the channels of `groups` groups dealt out in turn (Zhang et al. 2018). Errors as `F.channelShuffle`. */
export class ChannelShuffle extends Module {
  readonly groups: number;

  constructor(groups: number) {
    super();
    this.groups = groups;
  }

  override forward(x: Tensor): Tensor {
    return F.channelShuffle(x, this.groups, { where: this.describe() });
  }

  override extraRepr(): string {
    return `groups=${this.groups}`;
  }
}
