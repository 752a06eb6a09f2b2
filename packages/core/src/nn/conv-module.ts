/** What the convolution layers have in common: their sizes, parameters, initial values and descriptions. */
import type { PadMode } from '../ops/axis-map.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type PaddingName, paddingOf } from './conv-functions.ts';
import { fanInUniform } from './init.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import { pad } from './pad-function.ts';
import type { Parameter } from './parameter.ts';
import { reprTuple } from './repr.ts';

/** What lies beyond the edges of the input. */
export type PaddingMode = 'zeros' | Exclude<PadMode, 'constant'>;

export interface ConvConfig<S> {
  /** Default 1. */
  readonly stride?: S;
  /** On each side; `same` keeps the size (stride 1), `valid` adds nothing. Default 0. */
  readonly padding?: S | PaddingName;
  /** Default 1. */
  readonly dilation?: S;
  /** Blocks of channels that do not see each other; divides both channel counts. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default `zeros`. */
  readonly paddingMode?: PaddingMode;
}

export interface ConvTransposeConfig<S> {
  /** Default 1. */
  readonly stride?: S;
  /** Pixels that the result loses on each side. Default 0. */
  readonly padding?: S;
  /** Pixels that the result gains at its end; less than the stride or the dilation. Default 0. */
  readonly outputPadding?: S;
  /** Blocks of channels that do not see each other; divides both channel counts. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** Default 1. */
  readonly dilation?: S;
}

/** Checked sizes, one number an axis. */
export interface ConvSizes {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | PaddingName;
  readonly dilation: readonly number[];
  readonly outputPadding?: readonly number[];
  readonly groups?: number | undefined;
  readonly bias?: boolean | undefined;
  readonly paddingMode?: PaddingMode | undefined;
}

const paddingModes: readonly string[] = ['zeros', 'reflect', 'replicate', 'circular'];

export abstract class ConvModule extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | PaddingName;
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly outputPadding: readonly number[];
  readonly paddingMode: PaddingMode;

  constructor(channels: { inputs: number; outputs: number }, sizes: ConvSizes, options: { transposed: boolean }) {
    super();
    const { inputs, outputs } = channels;
    const { groups = 1, paddingMode = 'zeros', kernelSize } = sizes;
    const name = this.constructor.name;
    checkCount(inputs, `${name}: inChannels`);
    checkCount(outputs, `${name}: outChannels`);
    checkCount(groups, `${name}: groups`);
    if (inputs % groups !== 0 || outputs % groups !== 0)
      throw new RangeError(`${name}: groups ${groups} must divide inChannels ${inputs} and outChannels ${outputs}`);
    if (!paddingModes.includes(paddingMode))
      throw new RangeError(`${name}: paddingMode is one of ${paddingModes.join(', ')}, got ${String(paddingMode)}`);
    const [first, second] = options.transposed ? [inputs, outputs] : [outputs, inputs];
    const shape = [first, second / groups, ...kernelSize];
    const fanIn = sizeOf(shape.slice(1));
    this.weight = fanInUniform(shape, fanIn);
    this.bias = sizes.bias === false ? null : fanInUniform([outputs], fanIn);
    this.inChannels = inputs;
    this.outChannels = outputs;
    this.kernelSize = kernelSize;
    this.stride = sizes.stride;
    this.padding = sizes.padding;
    this.dilation = sizes.dilation;
    this.groups = groups;
    this.outputPadding = sizes.outputPadding ?? kernelSize.map(() => 0);
    this.paddingMode = paddingMode;
    // Now rather than in the first batch.
    kernelSize.forEach((_, axis) => void this.#sides(axis));
  }

  #sides(axis: number): { before: number; after: number } {
    const { padding, kernelSize, dilation, stride } = this;
    const sizes = { kernel: kernelSize[axis]!, dilation: dilation[axis]!, stride: stride[axis]! };
    return paddingOf(typeof padding === 'string' ? padding : padding[axis]!, sizes, this.constructor.name);
  }

  /** The input with what the padding mode puts around it, and the padding that is left: all of it for zeros. */
  protected padded<P extends ConvModule['padding']>(x: Tensor, none: P): { x: Tensor; padding: P } {
    if (this.paddingMode === 'zeros') return { x, padding: this.padding as P };
    const pads = this.kernelSize.map((_, axis) => this.#sides(axis)).reverse();
    const around = pads.flatMap(({ before, after }) => [before, after]);
    return { x: pad(x, around, { mode: this.paddingMode, where: this.describe() }), padding: none };
  }

  override describe(): string {
    const { inChannels, outChannels, kernelSize, stride, padding, outputPadding, dilation, groups } = this;
    const parts = [`${inChannels}, ${outChannels}`, `kernel ${kernelSize.join('×')}`];
    if (stride.some((part) => part !== 1)) parts.push(`stride ${stride.join('×')}`);
    if (typeof padding === 'string') parts.push(`padding ${padding}`);
    else if (padding.some((part) => part !== 0)) parts.push(`padding ${padding.join('×')}`);
    if (outputPadding.some((part) => part !== 0)) parts.push(`outputPadding ${outputPadding.join('×')}`);
    if (dilation.some((part) => part !== 1)) parts.push(`dilation ${dilation.join('×')}`);
    if (groups !== 1) parts.push(`groups ${groups}`);
    return `${this.constructor.name}(${parts.join(', ')})`;
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, outputPadding, dilation, groups, paddingMode } = this;
    const parts = [`${this.inChannels}, ${this.outChannels}`, `kernel_size=${reprTuple(kernelSize)}`];
    parts.push(`stride=${reprTuple(stride)}`);
    if (typeof padding === 'string') parts.push(`padding=${padding}`);
    else if (padding.some((part) => part !== 0)) parts.push(`padding=${reprTuple(padding)}`);
    if (dilation.some((part) => part !== 1)) parts.push(`dilation=${reprTuple(dilation)}`);
    if (outputPadding.some((part) => part !== 0)) parts.push(`output_padding=${reprTuple(outputPadding)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (!this.bias) parts.push('bias=False');
    if (paddingMode !== 'zeros') parts.push(`padding_mode=${paddingMode}`);
    return parts.join(', ');
  }
}
