/** Layers of two inputs, and the inverse of flattening. */
import type { Shape } from '../tensor/shape.ts';
import { normalizeAxis, resolveReshape } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { fanInUniform } from './init.ts';
import { checkCount } from './linear.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';
import { reprBoolean, reprTuple } from './repr.ts';
import { bilinear, cosineSimilarity } from './similarity-functions.ts';

/**
 * y = x1ᵀ·A·x2 + b: […, in1Features] and […, in2Features] → […, outFeatures]. weight [O, I, J], bias [O], both uniform in ±1/√I at first.
 * RangeError for counts below 1, ShapeError for inputs that do not fit.
 */
export class Bilinear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: { bias?: boolean } = {}) {
    super();
    checkCount(in1Features, 'Bilinear: in1Features');
    checkCount(in2Features, 'Bilinear: in2Features');
    checkCount(outFeatures, 'Bilinear: outFeatures');
    this.weight = fanInUniform([outFeatures, in1Features, in2Features], in1Features);
    this.bias = options.bias === false ? null : fanInUniform([outFeatures], in1Features);
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, { bias: this.bias, where: this.describe() });
  }

  override extraRepr(): string {
    const features = `in1_features=${this.in1Features}, in2_features=${this.in2Features}`;
    return `${features}, out_features=${this.outFeatures}, bias=${reprBoolean(this.bias !== null)}`;
  }
}

/** The cosine of the angle between two inputs along an axis: Σ x1·x2 / (max(‖x1‖, eps) · max(‖x2‖, eps)). Errors as `F.cosineSimilarity`. */
export class CosineSimilarity extends Module {
  readonly dim: number;
  readonly eps: number;

  /** `dim` is 1 and `eps` 1e-8 by default. */
  constructor(options: { dim?: number; eps?: number } = {}) {
    super();
    this.dim = options.dim ?? 1;
    this.eps = options.eps ?? 1e-8;
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, { dim: this.dim, eps: this.eps });
  }
}

/** Splits one axis into several, one of which may be −1: the inverse of `Flatten`. ShapeError where they do not multiply to its extent. */
export class Unflatten extends Module {
  readonly dim: number;
  readonly unflattenedSize: Shape;

  constructor(dim: number, unflattenedSize: Shape) {
    super();
    this.dim = dim;
    this.unflattenedSize = unflattenedSize;
  }

  override forward(x: Tensor): Tensor {
    const axis = normalizeAxis(this.dim, x.rank, this.describe());
    const parts = resolveReshape(x.shape[axis]!, this.unflattenedSize, this.describe());
    return x.reshape([...x.shape.slice(0, axis), ...parts, ...x.shape.slice(axis + 1)]);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${reprTuple(this.unflattenedSize)}`;
  }
}
