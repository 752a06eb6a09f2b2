/** Layers that normalise the last axes of each sample. */
import { ones, zeros } from '../tensor/create.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { layerNorm, rmsNorm, shapeOf } from './layer-norm-function.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';
import { reprBoolean, reprNumber, reprTuple } from './repr.ts';

export interface LayerNormConfig {
  /** Added to the variance, ≥ 0. Default 1e-5. */
  readonly eps?: number;
  /** Learn a weight (ones at first) and a bias (zeros) of the normalised shape. Default true. */
  readonly elementwiseAffine?: boolean;
  /** With false the weight alone is learned. Default true. */
  readonly bias?: boolean;
}

export interface RMSNormConfig {
  /** Added to the mean square, ≥ 0; null = 2⁻²³. Default null. */
  readonly eps?: number | null;
  /** Learn a weight (ones at first) of the normalised shape. Default true. */
  readonly elementwiseAffine?: boolean;
}

function checkedShape(value: number | Shape, where: string): Shape {
  const shape = shapeOf(value);
  if (shape.length === 0) throw new RangeError(`${where}: normalizedShape must have at least one axis`);
  for (const extent of shape) checkCount(extent, `${where}: normalizedShape`);
  return shape;
}

/**
 * Layer normalisation (Ba et al. 2016) of [… , normalizedShape]: y = (x − mean)/√(variance + eps) · weight + bias, with mean and biased
 * variance of the last axes of each sample; the same in training and evaluation. weight and bias have the normalised shape, 1 and 0 at
 * first. RangeError for an empty normalised shape or a negative eps, ShapeError for inputs that do not end in it.
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(normalizedShape: number | Shape, options: LayerNormConfig = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    this.normalizedShape = checkedShape(normalizedShape, 'LayerNorm');
    if (!(eps >= 0)) throw new RangeError(`LayerNorm: eps must be a number ≥ 0, got ${eps}`);
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(this.normalizedShape)) : null;
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, eps, normalizedShape } = this;
    return layerNorm(x, normalizedShape, { weight, bias, eps, where: this.describe() });
  }

  override extraRepr(): string {
    const affine = reprBoolean(this.weight !== null);
    return `${reprTuple(this.normalizedShape)}, eps=${reprNumber(this.eps)}, elementwise_affine=${affine}`;
  }
}

/**
 * RMS normalisation (Zhang & Sennrich 2019) of [… , normalizedShape]: y = x/√(mean(x²) + eps) · weight, the mean over the last axes of each
 * sample; the same in training and evaluation. The weight has the normalised shape, 1 at first. RangeError for an empty normalised shape
 * or a negative eps, ShapeError for inputs that do not end in it.
 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number | null;
  readonly weight: Parameter | null;

  constructor(normalizedShape: number | Shape, options: RMSNormConfig = {}) {
    super();
    const { eps = null, elementwiseAffine = true } = options;
    this.normalizedShape = checkedShape(normalizedShape, 'RMSNorm');
    if (eps !== null && !(eps >= 0)) throw new RangeError(`RMSNorm: eps must be null or a number ≥ 0, got ${eps}`);
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
  }

  override forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, { weight: this.weight, eps: this.eps, where: this.describe() });
  }

  override extraRepr(): string {
    const eps = this.eps === null ? 'None' : reprNumber(this.eps);
    return `${reprTuple(this.normalizedShape)}, eps=${eps}, elementwise_affine=${reprBoolean(this.weight !== null)}`;
  }
}
