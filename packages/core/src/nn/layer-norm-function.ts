/** Layer and RMS normalisation as functions of tensors. */
import { ShapeError } from '../errors.ts';
import { layerNormNode } from '../ops/layer-norm.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

export interface RMSNormOptions {
  /** gamma, of the normalised shape. Default: ones. */
  readonly weight?: Tensor | null;
  /** Added to the mean square, ≥ 0. Default 2⁻²³, the spacing of f32 at 1. */
  readonly eps?: number | null;
  readonly where?: string;
}

export interface LayerNormOptions {
  /** gamma, of the normalised shape. Default: ones. */
  readonly weight?: Tensor | null;
  /** beta, of the normalised shape. Default: zeros. */
  readonly bias?: Tensor | null;
  /** Added to the variance, ≥ 0. Default 1e-5. */
  readonly eps?: number;
  readonly where?: string;
}

/**
 * Each row of x [… , normalizedShape] as (x − mean)/√(variance + eps) · weight + bias (Ba et al. 2016), with mean and biased variance over
 * the axes of `normalizedShape`, the last ones. Samples stay apart.
 * @throws ShapeError if x does not end in `normalizedShape`, or weight or bias have another shape. RangeError for a negative eps.
 */
export function layerNorm(x: Tensor, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  const { weight = null, bias = null, eps = 1e-5, where = 'layerNorm' } = options;
  return normalise(x, normalizedShape, { weight, bias, eps, where, centred: true });
}

/**
 * Each row of x [… , normalizedShape] as x/√(mean(x²) + eps) · weight (Zhang & Sennrich 2019), the mean over the axes of `normalizedShape`.
 * @throws ShapeError if x does not end in `normalizedShape`, or the weight has another shape. RangeError for a negative eps.
 */
export function rmsNorm(x: Tensor, normalizedShape: number | Shape, options: RMSNormOptions = {}): Tensor {
  const { weight = null, where = 'rmsNorm' } = options;
  return normalise(x, normalizedShape, { weight, bias: null, eps: options.eps ?? 2 ** -23, where, centred: false });
}

/** One number is the last axis alone. */
export function shapeOf(value: number | Shape): Shape {
  return typeof value === 'number' ? [value] : value;
}

interface Normalisation {
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
  readonly eps: number;
  readonly centred: boolean;
  readonly where: string;
}

function normalise(x: Tensor, normalizedShape: number | Shape, options: Normalisation): Tensor {
  const { weight, bias, eps, centred, where } = options;
  const shape = shapeOf(normalizedShape);
  const n = sizeOf(shape);
  if (!(eps >= 0)) throw new RangeError(`${where}: eps must be a number ≥ 0, got ${eps}`);
  if (shape.length === 0 || !(n >= 1) || !sameShape(x.shape.slice(-shape.length), shape)) {
    throw new ShapeError(
      `${where}: expected an input whose last axes are ${formatShape(shape)}, got ${formatShape(x.shape)}`,
    );
  }
  for (const [name, tensor] of [
    ['weight', weight],
    ['bias', bias],
  ] as const) {
    if (!tensor || sameShape(tensor.shape, shape)) continue;
    throw new ShapeError(
      `${where}: expected a ${name} of shape ${formatShape(shape)}, got ${formatShape(tensor.shape)}`,
    );
  }
  const node = layerNormNode(f32(x.node), { n, centred, eps, weight: weight?.node, bias: bias?.node });
  return derived(node, [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])]);
}
