/** Convolution layers over images. */
import type { Tensor } from '../tensor/tensor.ts';
import { conv2d, convTranspose2d, type PaddingName } from './conv-functions.ts';
import { type ConvConfig, ConvModule, type ConvTransposeConfig } from './conv-module.ts';
import { checkPair, type Size } from './sizes.ts';

export type Conv2dConfig = ConvConfig<Size>;

/**
 * Cross-correlation with `outChannels` kernels: [B, C, H, W] → [B, O, OH, OW] with OH = ⌊(H + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1.
 * weight [O, C/groups, kH, kW], bias [O], uniform in ±1/√(C/groups·kH·kW) at first. RangeError for options out of range, ShapeError for
 * inputs that do not fit.
 */
export class Conv2d extends ConvModule {
  declare readonly kernelSize: readonly [number, number];
  declare readonly stride: readonly [number, number];
  declare readonly padding: readonly [number, number] | PaddingName;
  declare readonly dilation: readonly [number, number];

  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: Conv2dConfig = {}) {
    const { stride = 1, padding = 0, dilation = 1, groups, bias, paddingMode } = options;
    super(
      { inputs: inChannels, outputs: outChannels },
      {
        kernelSize: checkPair(kernelSize, 1, 'Conv2d: kernelSize'),
        stride: checkPair(stride, 1, 'Conv2d: stride'),
        padding: typeof padding === 'string' ? padding : checkPair(padding, 0, 'Conv2d: padding'),
        dilation: checkPair(dilation, 1, 'Conv2d: dilation'),
        groups,
        bias,
        paddingMode,
      },
      { transposed: false },
    );
  }

  override forward(x: Tensor): Tensor {
    const { bias, stride, dilation, groups } = this;
    const { x: input, padding } = this.padded<Conv2d['padding']>(x, [0, 0]);
    return conv2d(input, this.weight, { bias, stride, padding, dilation, groups, where: this.describe() });
  }
}

/**
 * The transposed convolution, the gradient of a `Conv2d` to its input: [B, C, H, W] → [B, O, OH, OW] with
 * OH = (H − 1)·stride − 2·padding + dilation·(kH − 1) + outputPadding + 1. weight [C, O/groups, kH, kW], bias [O], uniform in
 * ±1/√(O/groups·kH·kW) at first. RangeError for options out of range, ShapeError for inputs that do not fit.
 */
export class ConvTranspose2d extends ConvModule {
  declare readonly kernelSize: readonly [number, number];
  declare readonly stride: readonly [number, number];
  declare readonly padding: readonly [number, number];
  declare readonly dilation: readonly [number, number];
  declare readonly outputPadding: readonly [number, number];

  constructor(inChannels: number, outChannels: number, kernelSize: Size, options: ConvTransposeConfig<Size> = {}) {
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups, bias } = options;
    super(
      { inputs: inChannels, outputs: outChannels },
      {
        kernelSize: checkPair(kernelSize, 1, 'ConvTranspose2d: kernelSize'),
        stride: checkPair(stride, 1, 'ConvTranspose2d: stride'),
        padding: checkPair(padding, 0, 'ConvTranspose2d: padding'),
        outputPadding: checkPair(outputPadding, 0, 'ConvTranspose2d: outputPadding'),
        dilation: checkPair(dilation, 1, 'ConvTranspose2d: dilation'),
        groups,
        bias,
      },
      { transposed: true },
    );
  }

  override forward(x: Tensor): Tensor {
    const { bias, stride, padding, outputPadding, dilation, groups } = this;
    const options = { bias, stride, padding, outputPadding, dilation, groups, where: this.describe() };
    return convTranspose2d(x, this.weight, options);
  }
}
