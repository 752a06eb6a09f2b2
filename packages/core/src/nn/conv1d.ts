/** Convolution layers over sequences. */
import type { Tensor } from '../tensor/tensor.ts';
import { conv1d, convTranspose1d, type PaddingName } from './conv-functions.ts';
import { type ConvConfig, ConvModule, type ConvTransposeConfig } from './conv-module.ts';
import { checkSingle, type Size1d } from './sizes.ts';

const single = (value: Size1d, least: number, where: string): readonly [number] => [checkSingle(value, least, where)];

/**
 * Cross-correlation along sequences: [B, C, L] → [B, O, OL] with OL = ⌊(L + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1. weight
 * [O, C/groups, k], bias [O], uniform in ±1/√(C/groups·k) at first. RangeError for options out of range, ShapeError for inputs that do not
 * fit.
 */
export class Conv1d extends ConvModule {
  declare readonly kernelSize: readonly [number];
  declare readonly stride: readonly [number];
  declare readonly padding: readonly [number] | PaddingName;
  declare readonly dilation: readonly [number];

  constructor(inChannels: number, outChannels: number, kernelSize: Size1d, options: ConvConfig<Size1d> = {}) {
    const { stride = 1, padding = 0, dilation = 1, groups, bias, paddingMode } = options;
    super(
      { inputs: inChannels, outputs: outChannels },
      {
        kernelSize: single(kernelSize, 1, 'Conv1d: kernelSize'),
        stride: single(stride, 1, 'Conv1d: stride'),
        padding: typeof padding === 'string' ? padding : single(padding, 0, 'Conv1d: padding'),
        dilation: single(dilation, 1, 'Conv1d: dilation'),
        groups,
        bias,
        paddingMode,
      },
      { transposed: false },
    );
  }

  override forward(x: Tensor): Tensor {
    const { bias, stride, dilation, groups } = this;
    const { x: input, padding } = this.padded<Conv1d['padding']>(x, [0]);
    return conv1d(input, this.weight, { bias, stride, padding, dilation, groups, where: this.describe() });
  }
}

/**
 * The transposed convolution along sequences, the gradient of a `Conv1d` to its input: [B, C, L] → [B, O, OL] with
 * OL = (L − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1. weight [C, O/groups, k], bias [O], uniform in ±1/√(O/groups·k) at
 * first. RangeError for options out of range, ShapeError for inputs that do not fit.
 */
export class ConvTranspose1d extends ConvModule {
  declare readonly kernelSize: readonly [number];
  declare readonly stride: readonly [number];
  declare readonly padding: readonly [number];
  declare readonly dilation: readonly [number];
  declare readonly outputPadding: readonly [number];

  constructor(inChannels: number, outChannels: number, kernelSize: Size1d, options: ConvTransposeConfig<Size1d> = {}) {
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups, bias } = options;
    super(
      { inputs: inChannels, outputs: outChannels },
      {
        kernelSize: single(kernelSize, 1, 'ConvTranspose1d: kernelSize'),
        stride: single(stride, 1, 'ConvTranspose1d: stride'),
        padding: single(padding, 0, 'ConvTranspose1d: padding'),
        outputPadding: single(outputPadding, 0, 'ConvTranspose1d: outputPadding'),
        dilation: single(dilation, 1, 'ConvTranspose1d: dilation'),
        groups,
        bias,
      },
      { transposed: true },
    );
  }

  override forward(x: Tensor): Tensor {
    const { bias, stride, padding, outputPadding, dilation, groups } = this;
    const options = { bias, stride, padding, outputPadding, dilation, groups, where: this.describe() };
    return convTranspose1d(x, this.weight, options);
  }
}
