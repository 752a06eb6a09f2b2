/** Products of matrices and vectors. */
import { ShapeError } from '../errors.ts';
import { f32 } from '../ops/cast.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { matmulNode } from '../ops/matmul.ts';
import { reshapeNode } from '../ops/shape-ops.ts';
import { ComparisonMethods } from './comparison-methods.ts';
import type { DType } from './dtype.ts';
import { formatShape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import type { TensorBase } from './tensor-base.ts';

export abstract class ProductMethods<D extends DType = 'f32'> extends ComparisonMethods<D> {
  /**
   * Matrix product as PyTorch's: [… , M, K] · [… , K, N] → [… , M, N]; leading axes broadcast. A vector on the left is a row, on the
   * right a column, and its axis is dropped again: [K] · [K] is a single number.
   */
  matmul(other: TensorBase<DType>): Tensor {
    return this.derive(matmulNode(f32(this.node), f32(other.node)), other);
  }
  /** [M, K] · [K, N] → [M, N]: `matmul` of matrices alone. */
  mm(other: TensorBase<DType>): Tensor {
    this.#checkRanks('mm', 2, other);
    return this.matmul(other);
  }
  /** [B, M, K] · [B, K, N] → [B, M, N]: `matmul` of as many matrices on both sides, without broadcasting. */
  bmm(other: TensorBase<DType>): Tensor {
    this.#checkRanks('bmm', 3, other);
    if (this.shape[0] !== other.shape[0])
      throw new ShapeError(`bmm: expected equally many matrices, got ${formatShape(this.shape)} and ${formatShape(other.shape)}`); // biome-ignore format: one message
    return this.matmul(other);
  }
  /** [K] · [K] → a single number. */
  dot(other: TensorBase<DType>): Tensor {
    this.#checkRanks('dot', 1, other);
    return this.matmul(other);
  }
  /** [M], [N] → [M, N]: every element of this times every one of the other. */
  outer(other: TensorBase<DType>): Tensor {
    this.#checkRanks('outer', 1, other);
    const column = reshapeNode(f32(this.node), [this.size, 1]);
    return this.derive(binaryNode('mul', column, f32(other.node)), other);
  }

  #checkRanks(where: string, rank: number, other: TensorBase<DType>): void {
    if (this.rank === rank && other.rank === rank) return;
    throw new ShapeError(
      `${where}: expected two tensors of rank ${rank}, got shapes ${formatShape(this.shape)} and ${formatShape(other.shape)}`,
    );
  }
}
