/** A tensor that training changes. */
import { Tensor } from '../tensor/tensor.ts';

/** A leaf tensor that requires a gradient; modules find their fields of this kind. */
export class Parameter extends Tensor {
  constructor(values: Tensor) {
    // Realise first: a parameter is stored memory, never a computation.
    void values.data;
    super(values.node, { requiresGrad: true });
  }
}
