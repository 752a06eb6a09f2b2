/** Small layers without parameters, and the container of a chain. */
import type { Tensor } from '../tensor/tensor.ts';
import * as F from './functional.ts';
import { Module } from './module.ts';

/** Returns its input. */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

/** max(x, 0), elementwise. */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return F.relu(x);
  }
}

/**
 * Scaled exponential linear units (Klambauer et al. 2017): λx for x > 0, else λα(e^x − 1), elementwise, with λ = 1.0507009873554805 and
 * α = 1.6732632423543772. Activations keep mean 0 and variance 1 under weights of variance 1/fan-in; drop them by `AlphaDropout`.
 */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return F.selu(x);
  }
}

/** Joins axes startDim … endDim; by default all but the batch axis: [B, …] → [B, n]. */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(options: { startDim?: number; endDim?: number } = {}) {
    super();
    this.startDim = options.startDim ?? 1;
    this.endDim = options.endDim ?? -1;
  }

  override forward(x: Tensor): Tensor {
    return x.flatten(this.startDim, this.endDim);
  }
}
