/** Triangles and diagonals of matrices. */
import { ShapeError } from '../errors.ts';
import { sumNode } from '../ops/broadcast.ts';
import { f32 } from '../ops/cast.ts';
import { diagonalNode } from '../ops/rearrange.ts';
import { diagonalMatrixNode, triangleNode } from '../ops/triangle.ts';
import type { DType } from './dtype.ts';
import { GatherMethods } from './gather-methods.ts';
import { formatShape, normalizeAxis } from './shape.ts';
import type { Tensor } from './tensor.ts';

export abstract class MatrixMethods<D extends DType = 'f32'> extends GatherMethods<D> {
  /** The lower triangle of each matrix of the last two axes, up to `diagonal` places right of the main one; zeros elsewhere. */
  tril(diagonal = 0): Tensor {
    return this.#triangle('tril', diagonal);
  }
  /** The upper triangle of each matrix of the last two axes, from `diagonal` places right of the main one on; zeros elsewhere. */
  triu(diagonal = 0): Tensor {
    return this.#triangle('triu', diagonal);
  }
  /** The diagonal `offset` places right of the main one, of two axes, as a last axis in their place. A copy, where PyTorch gives a view. */
  diagonal(offset = 0, axisA = 0, axisB = 1): Tensor<D> {
    const a = normalizeAxis(axisA, this.rank, 'diagonal');
    const b = normalizeAxis(axisB, this.rank, 'diagonal');
    checkOffset(offset, 'diagonal');
    if (a === b) throw new RangeError(`diagonal: expected two axes, got ${axisA} twice`);
    return this.derive<D>(diagonalNode(this.node, [a, b], offset));
  }
  /** A vector as the diagonal of a square matrix, or the diagonal of a matrix; `offset` places right of the main one. */
  diag(offset = 0): Tensor {
    checkOffset(offset, 'diag');
    if (this.rank === 1) return this.derive(diagonalMatrixNode(f32(this.node), offset));
    if (this.rank !== 2)
      throw new ShapeError(`diag: expected a vector or a matrix, got shape ${formatShape(this.shape)}; see diagonal`);
    return this.derive(diagonalNode(f32(this.node), [0, 1], offset));
  }
  /** The sum of the main diagonal of a matrix. */
  trace(): Tensor {
    if (this.rank !== 2) throw new ShapeError(`trace: expected a matrix, got shape ${formatShape(this.shape)}`);
    const diagonal = diagonalNode(f32(this.node), [0, 1], 0);
    return this.derive(sumNode(diagonal, { axes: [0], keepDims: false }));
  }

  #triangle(where: 'tril' | 'triu', diagonal: number): Tensor {
    checkOffset(diagonal, where);
    if (this.rank < 2) throw new ShapeError(`${where}: expected at least 2 axes, got shape ${formatShape(this.shape)}`);
    return this.derive(triangleNode(f32(this.node), { diagonal, upper: where === 'triu' }));
  }
}

function checkOffset(offset: number, where: string): void {
  if (!Number.isSafeInteger(offset) || Math.abs(offset) > 2 ** 30)
    throw new RangeError(`${where}: expected a whole number of places from the main diagonal, got ${offset}`);
}
