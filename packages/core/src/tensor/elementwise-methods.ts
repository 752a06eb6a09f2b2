/** Arithmetic, element by element, with broadcasting. */
import type { Node } from '../graph/node.ts';
import { castNode, f32 } from '../ops/cast.ts';
import { type BinaryName, binaryNode, type UnaryName, unaryNode } from '../ops/elementwise.ts';
import { fullNode } from '../ops/source.ts';
import type { DType } from './dtype.ts';
import type { Tensor } from './tensor.ts';
import { TensorBase } from './tensor-base.ts';

/** What an elementwise operation takes beside its tensor: another one, or a number for all elements. */
export type Operand = TensorBase<DType> | number;

/** The operand as a node, f32. */
export function operandNode(operand: Operand): Node {
  return typeof operand === 'number' ? fullNode([], operand) : f32(operand.node);
}

/** The tensors among operands. */
export function tensorsOf(operands: readonly Operand[]): TensorBase<DType>[] {
  return operands.filter((operand) => typeof operand !== 'number');
}

export abstract class ElementwiseMethods<D extends DType = 'f32'> extends TensorBase<D> {
  add(other: Operand): Tensor {
    return this.binary('add', other);
  }
  sub(other: Operand): Tensor {
    return this.binary('sub', other);
  }
  mul(other: Operand): Tensor {
    return this.binary('mul', other);
  }
  div(other: Operand): Tensor {
    return this.binary('div', other);
  }
  maximum(other: Operand): Tensor {
    return this.binary('maximum', other);
  }
  minimum(other: Operand): Tensor {
    return this.binary('minimum', other);
  }
  neg(): Tensor {
    return this.unary('neg');
  }
  abs(): Tensor {
    return this.unary('abs');
  }
  exp(): Tensor {
    return this.unary('exp');
  }
  /** Natural logarithm. */
  log(): Tensor {
    return this.unary('log');
  }
  sqrt(): Tensor {
    return this.unary('sqrt');
  }
  square(): Tensor {
    return this.unary('square');
  }
  reciprocal(): Tensor {
    return this.unary('reciprocal');
  }
  tanh(): Tensor {
    return this.unary('tanh');
  }
  sigmoid(): Tensor {
    return this.unary('sigmoid');
  }
  relu(): Tensor {
    return this.unary('relu');
  }
  /** λx for x > 0, else λα(e^x − 1) (Klambauer et al. 2017). */
  selu(): Tensor {
    return this.unary('selu');
  }

  /** The values as another dtype; gradients do not flow through a conversion. The tensor itself when it has that dtype. */
  to<E extends DType>(dtype: E): Tensor<E> {
    if ((dtype as DType) === this.dtype) return this as TensorBase<DType> as Tensor<E>;
    return this.constant<E>(castNode(this.node, dtype));
  }

  /** An operation of two, with broadcasting. */
  protected binary(name: BinaryName, other: Operand): Tensor {
    return this.derive(binaryNode(name, f32(this.node), operandNode(other)), ...tensorsOf([other]));
  }

  protected unary(name: UnaryName): Tensor {
    return this.derive(unaryNode(name, f32(this.node)));
  }
}
