/** A tensor that belongs to a module's state but is not trained. */
import type { DType } from '../tensor/dtype.ts';
import { Tensor } from '../tensor/tensor.ts';

/**
 * Saved and loaded with the module, without a gradient (PyTorch's `register_buffer`); modules find their fields of this kind.
 * `name` is the last part of its name in `stateDict()`; by default that is the field's.
 */
export class Buffer<D extends DType = 'f32'> extends Tensor<D> {
  readonly name: string | undefined;

  constructor(values: Tensor<D>, name?: string) {
    // Realise first: a buffer is stored memory, never a computation.
    void values.data;
    super(values.node);
    this.name = name;
  }
}
