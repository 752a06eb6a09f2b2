/** Losses of numbers and of embeddings as layers. */
import {
  cosineEmbeddingLoss,
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  type TripletMarginOptions,
  tripletMarginLoss,
} from '../../losses/embedding.ts';
import type { ReductionOptions } from '../../losses/reduction.ts';
import {
  type HuberOptions,
  huberLoss,
  l1Loss,
  mseLoss,
  type SmoothL1Options,
  smoothL1Loss,
} from '../../losses/regression.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Loss } from './loss.ts';

/** `F.mseLoss`: (input − target)². */
export class MSELoss extends Loss {
  constructor({ reduction }: ReductionOptions = {}) {
    super(reduction);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
  }
}

/** `F.l1Loss`: |input − target|. */
export class L1Loss extends Loss {
  constructor({ reduction }: ReductionOptions = {}) {
    super(reduction);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this);
  }
}

/** `F.smoothL1Loss`: quadratic where |input − target| is below beta. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor({ beta = 1, reduction }: SmoothL1Options = {}) {
    super(reduction);
    this.beta = beta;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this);
  }
}

/** `F.huberLoss`: quadratic where |input − target| is at most delta. */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor({ delta = 1, reduction }: HuberOptions = {}) {
    super(reduction);
    this.delta = delta;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this);
  }
}

/** `F.hingeEmbeddingLoss` of distances and targets ±1. */
export class HingeEmbeddingLoss extends Loss {
  readonly margin: number;

  constructor({ margin = 1, reduction }: MarginOptions = {}) {
    super(reduction);
    this.margin = margin;
  }

  override forward(input: Tensor, target: Tensor<DType>): Tensor {
    return hingeEmbeddingLoss(input, target, this);
  }
}

/** `F.cosineEmbeddingLoss` of x1 and x2 [B, D] and targets ±1 [B]. */
export class CosineEmbeddingLoss extends Loss {
  readonly margin: number;

  constructor({ margin = 0, reduction }: MarginOptions = {}) {
    super(reduction);
    this.margin = margin;
  }

  override forward(x1: Tensor, x2: Tensor, target: Tensor<DType>): Tensor {
    return cosineEmbeddingLoss(x1, x2, target, this);
  }
}

/** `F.marginRankingLoss` of x1, x2 and targets ±1 of one shape. */
export class MarginRankingLoss extends Loss {
  readonly margin: number;

  constructor({ margin = 0, reduction }: MarginOptions = {}) {
    super(reduction);
    this.margin = margin;
  }

  override forward(x1: Tensor, x2: Tensor, target: Tensor<DType>): Tensor {
    return marginRankingLoss(x1, x2, target, this);
  }
}

/** `F.tripletMarginLoss` of anchors, positives and negatives [B, D]. */
export class TripletMarginLoss extends Loss {
  readonly margin: number;
  readonly p: 1 | 2;
  readonly eps: number;
  readonly swap: boolean;

  constructor({ margin = 1, p = 2, eps = 1e-6, swap = false, reduction }: TripletMarginOptions = {}) {
    super(reduction);
    this.margin = margin;
    this.p = p;
    this.eps = eps;
    this.swap = swap;
  }

  override forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    return tripletMarginLoss(anchor, positive, negative, this);
  }
}
