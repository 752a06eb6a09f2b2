/** A tensor that training changes. */
import { Tensor } from '../tensor/tensor.ts';

export interface ParameterOptions {
  /** Default true. */
  readonly requiresGrad?: boolean;
}

/** A leaf tensor that requires a gradient; modules find their fields of this kind. */
export class Parameter extends Tensor {
  /**
   * False for a frozen parameter: no gradient is computed for it, and optimizers leave it as it is. A run of `train` goes by what it is
   * when the run begins.
   */
  declare requiresGrad: boolean;

  constructor(values: Tensor, options: ParameterOptions = {}) {
    // Realise first: a parameter is stored memory, never a computation.
    void values.data;
    super(values.node, { requiresGrad: options.requiresGrad ?? true });
  }
}
