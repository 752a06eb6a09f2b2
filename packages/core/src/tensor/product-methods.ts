/** Products of matrices and vectors. */
import { f32 } from '../ops/elementwise.ts';
import { matmulNode } from '../ops/matmul.ts';
import type { DType } from './dtype.ts';
import { ElementwiseMethods } from './elementwise-methods.ts';
import type { Tensor } from './tensor.ts';
import type { TensorBase } from './tensor-base.ts';

export abstract class ProductMethods<D extends DType = 'f32'> extends ElementwiseMethods<D> {
  /** Matrix product as PyTorch's: vectors are promoted, leading axes broadcast. */
  matmul(other: TensorBase<DType>): Tensor {
    return this.derive(matmulNode(f32(this.node), f32(other.node)), other);
  }
}
