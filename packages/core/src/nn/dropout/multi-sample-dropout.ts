/** The multi-sample dropout layer. */
import { cat } from '../../tensor/joining.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import * as F from '../functional.ts';
import { checkCount } from '../linear.ts';
import type { Module } from '../module.ts';
import { type DropoutConfig, DropoutModule } from './dropout-module.ts';

export interface MultiSampleConfig extends DropoutConfig {
  /** Masks a step, ≥ 1. Default 5. */
  readonly samples?: number;
  /** Probability to drop. Default 0.5. */
  readonly p?: number;
  /** `mean` (default): the mean of the head's outputs. `none`: each of them, [B, samples, …], for `F.multiSampleLoss`. */
  readonly reduction?: 'mean' | 'none';
}

/**
 * Multi-sample dropout (Inoue 2019): while training, one head reads the input under several dropout masks, and its outputs are averaged; in
 * evaluation it reads the input itself, once. The paper averages the losses instead, which is `reduction: 'none'` with `F.multiSampleLoss`.
 * Place it at the end of the network, where the samples cost little: input and output are those of `head`.
 */
export class MultiSampleDropout extends DropoutModule {
  readonly head: Module;
  readonly samples: number;
  readonly reduction: 'mean' | 'none';

  /** @throws RangeError if p is not in [0, 1], samples is not an integer ≥ 1, or for another reduction. */
  constructor(head: Module, options: MultiSampleConfig = {}) {
    const { samples = 5, p = 0.5, reduction = 'mean', ...config } = options;
    super(p, config);
    checkCount(samples, 'MultiSampleDropout: samples');
    if (reduction !== 'mean' && reduction !== 'none')
      throw new RangeError(`MultiSampleDropout: reduction is 'mean' or 'none', got ${String(reduction)}`);
    this.head = head;
    this.samples = samples;
    this.reduction = reduction;
  }

  override forward(x: Tensor): Tensor {
    if (!this.training) return this.head.forward(x);
    const outputs = Array.from({ length: this.samples }, () => this.head.forward(F.dropout(x, this.options())));
    if (this.reduction === 'none')
      return cat(
        outputs.map((output) => output.unsqueeze(1)),
        1,
      );
    return outputs.reduce((sum, output) => sum.add(output)).div(this.samples);
  }

  protected override warnOfAll(): void {
    console.warn('MultiSampleDropout: p = 1 drops every element; the head reads zeros while training');
  }

  override describe(): string {
    return super.describe().replace(/\)$/, `, samples: ${this.samples})`);
  }
}
