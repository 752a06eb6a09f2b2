/** Losses of distances and similarities between embeddings, with a margin. */
import { ShapeError } from '../errors.ts';
import { binaryNode } from '../ops/elementwise.ts';
import type { DType } from '../tensor/dtype.ts';
import { formatShape } from '../tensor/shape.ts';
import { derived, f32, Tensor } from '../tensor/tensor.ts';
import { checkSameShape, type ReductionOptions, reduced } from './reduction.ts';

export interface MarginOptions extends ReductionOptions {
  /** Default: 1 for `hingeEmbeddingLoss`, 0 for the others. */
  readonly margin?: number;
}

/** The losses of pairs that belong together where the target is 1, of pairs that do not where it is −1. */
function byTarget(target: Tensor<DType>, losses: { together: Tensor; apart: Tensor }): Tensor {
  const positive = f32(target.node);
  const negative = new Tensor(positive).neg().node;
  const kept = (x: Tensor, where: typeof positive) => derived(binaryNode('wherePositive', x.node, where), [x]);
  return kept(losses.together, positive).add(kept(losses.apart, negative));
}

/**
 * x where the target is 1, max(0, margin − x) where it is −1; x is usually a distance. Input and target (f32 or i32) of one shape, any.
 * @throws ShapeError for different shapes.
 */
export function hingeEmbeddingLoss(
  x: Tensor,
  target: Tensor<DType>,
  { margin = 1, reduction }: MarginOptions = {},
): Tensor {
  checkSameShape(x, target, 'hingeEmbeddingLoss');
  return reduced(byTarget(target, { together: x, apart: x.neg().add(margin).relu() }), reduction);
}

/**
 * With the cosine of the angle between rows of x1 and x2 [B, D], or of x1 and x2 [D]: 1 − cos where the target [B] or [] (f32 or i32) is 1,
 * max(0, cos − margin) where it is −1. Squared norms are taken 1e-12 larger, as PyTorch does.
 * @throws ShapeError for other shapes.
 */
export function cosineEmbeddingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor<DType>,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor {
  const fits = x1.shape.join() === x2.shape.join() && target.shape.join() === x1.shape.slice(0, -1).join();
  if (!fits || x1.rank < 1 || x1.rank > 2) {
    throw new ShapeError(
      `cosineEmbeddingLoss: expected inputs of one shape [B, D] and a target [B], or [D] and [], got ${[x1, x2, target].map(({ shape }) => formatShape(shape)).join(', ')}`,
    );
  }
  const squaredNorm = (x: Tensor) => x.square().sum(-1).add(1e-12);
  const cos = x1
    .mul(x2)
    .sum(-1)
    .div(squaredNorm(x1).mul(squaredNorm(x2)).sqrt());
  const apart = cos.sub(margin).relu();
  return reduced(byTarget(target, { together: cos.neg().add(1), apart }), reduction);
}

/**
 * max(0, −target · (x1 − x2) + margin): the target (f32 or i32) is 1 where x1 should be the larger, −1 where x2 should. One shape, any.
 * @throws ShapeError for different shapes.
 */
export function marginRankingLoss(
  x1: Tensor,
  x2: Tensor,
  target: Tensor<DType>,
  { margin = 0, reduction }: MarginOptions = {},
): Tensor {
  checkSameShape(x1, x2, 'marginRankingLoss');
  checkSameShape(x1, target, 'marginRankingLoss');
  return reduced(x2.sub(x1).mul(target).add(margin).relu(), reduction);
}

export interface TripletMarginOptions extends ReductionOptions {
  /** Default 1. */
  readonly margin?: number;
  /** The norm of the distance: 1 or 2. Default 2. */
  readonly p?: 1 | 2;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number;
  /** Use the positive's distance to the negative where that is smaller than the anchor's (Balntas et al. 2016). Default false. */
  readonly swap?: boolean;
}

/**
 * max(0, d(anchor, positive) − d(anchor, negative) + margin), d(a, b) = ‖a − b + eps‖ₚ over the last axis, for [B, D] → [B] or [D] → [],
 * then reduced.
 * @throws ShapeError for different shapes, RangeError for another norm.
 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction } = options;
  checkSameShape(anchor, positive, 'tripletMarginLoss');
  checkSameShape(anchor, negative, 'tripletMarginLoss');
  if (p !== 1 && p !== 2) throw new RangeError(`tripletMarginLoss: p must be 1 or 2, got ${String(p)}`);
  const distance = (a: Tensor, b: Tensor) => {
    const difference = a.sub(b).add(eps);
    return p === 1 ? difference.abs().sum(-1) : difference.square().sum(-1).sqrt();
  };
  const far = distance(anchor, negative);
  const other = swap ? far.minimum(distance(positive, negative)) : far;
  return reduced(distance(anchor, positive).sub(other).add(margin).relu(), reduction);
}
