/** The DropBlock layer. */
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { checkBlocks } from './drop-block-function.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

export interface DropBlockConfig extends DropoutConfig {
  /** Side of the squares that are dropped, in pixels. The paper's 7. */
  readonly blockSize?: number;
  /** Added to the number of kept elements that the result is divided by, > 0. Default 1e-6. */
  readonly eps?: number;
}

/**
 * Drops squares of images [B, C, H, W] or [C, H, W] (DropBlock, Ghiasi, Lin & Le 2018) while training, in each channel on its own, and scales by
 * the share that is kept in the whole batch; see `F.dropBlock2d` for the formula. torchvision's `DropBlock2d`.
 *
 * Usual p: 0.1 or less after convolutions of the later stages, raised from 0 during the training: `schedule: { kind: 'linear', from: 0,
 * to: 1, steps }`.
 */
export class DropBlock2d extends DropoutModule {
  readonly blockSize: number;
  readonly eps: number;

  /** @throws RangeError if p is not in [0, 1], and for a block size that is not an integer ≥ 1, or eps ≤ 0. */
  constructor(p = 0.1, options: DropBlockConfig = {}) {
    const { blockSize = 7, eps = 1e-6, ...config } = options;
    super(p, config);
    checkBlocks({ blockSize, eps }, 'DropBlock2d');
    this.blockSize = blockSize;
    this.eps = eps;
  }

  override forward(x: Tensor): Tensor {
    return F.dropBlock2d(x, { ...this.options(), blockSize: this.blockSize, eps: this.eps });
  }

  /** Blocks overlap: p = 1 leaves elements unless the block size is 1. */
  protected override warnOfAll(): void {}

  override describe(): string {
    return super.describe().replace(/\)$/, `, blockSize: ${this.blockSize})`);
  }
}
