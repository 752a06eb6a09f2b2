/** The 2-D convolution layer. */
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional.ts';
import { fanInUniform } from './init.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

export interface Conv2dConfig {
  /** Default 1. */
  readonly stride?: F.Size;
  /** Zeros on each side. Default 0. */
  readonly padding?: F.Size;
  /** Default 1. */
  readonly dilation?: F.Size;
  /** Blocks of channels that do not see each other; divides both channel counts. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * Cross-correlation with `outChannels` kernels: [B, C, H, W] → [B, O, OH, OW] with OH = ⌊(H + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1.
 * weight [O, C/groups, kH, kW], bias [O], uniform in ±1/√(C/groups·kH·kW) at first.
 */
export class Conv2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;

  constructor(inChannels: number, outChannels: number, kernelSize: F.Size, options: Conv2dConfig = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    checkCount(inChannels, 'Conv2d: inChannels');
    checkCount(outChannels, 'Conv2d: outChannels');
    checkCount(groups, 'Conv2d: groups');
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(
        `Conv2d: groups ${groups} must divide inChannels ${inChannels} and outChannels ${outChannels}`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = F.checkPair(kernelSize, 1, 'Conv2d: kernelSize');
    this.stride = F.checkPair(stride, 1, 'Conv2d: stride');
    this.padding = F.checkPair(padding, 0, 'Conv2d: padding');
    this.dilation = F.checkPair(dilation, 1, 'Conv2d: dilation');
    this.groups = groups;
    const shape = [outChannels, inChannels / groups, ...this.kernelSize];
    const fanIn = sizeOf(shape.slice(1));
    this.weight = fanInUniform(shape, fanIn);
    this.bias = options.bias === false ? null : fanInUniform([outChannels], fanIn);
  }

  override forward(x: Tensor): Tensor {
    const { bias, stride, padding, dilation, groups } = this;
    return F.conv2d(x, this.weight, { bias, stride, padding, dilation, groups, where: this.describe() });
  }

  override describe(): string {
    const parts = [`${this.inChannels}, ${this.outChannels}`, `kernel ${this.kernelSize.join('×')}`];
    if (this.stride.some((part) => part !== 1)) parts.push(`stride ${this.stride.join('×')}`);
    if (this.padding.some((part) => part !== 0)) parts.push(`padding ${this.padding.join('×')}`);
    if (this.dilation.some((part) => part !== 1)) parts.push(`dilation ${this.dilation.join('×')}`);
    if (this.groups !== 1) parts.push(`groups ${this.groups}`);
    return `Conv2d(${parts.join(', ')})`;
  }
}
