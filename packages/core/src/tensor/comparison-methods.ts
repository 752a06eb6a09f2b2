/**
 * Comparisons and masks. There is no dtype of truth values: a mask is f32 with 1 where something holds and 0 elsewhere, so that it can be
 * multiplied, summed and averaged as it is; wherever a mask is taken, everything but 0 holds. Integers are compared as f32, exact up to
 * 2²⁴.
 */
import { f32 } from '../ops/cast.ts';
import { type BinaryName, binaryNode, type UnaryName, unaryNode } from '../ops/elementwise.ts';
import { whereNode } from '../ops/where.ts';
import type { DType } from './dtype.ts';
import { type Operand, operandNode, tensorsOf } from './elementwise-methods.ts';
import { MathMethods } from './math-methods.ts';
import type { Tensor } from './tensor.ts';
import type { TensorBase } from './tensor-base.ts';

export abstract class ComparisonMethods<D extends DType = 'f32'> extends MathMethods<D> {
  /** 1 where equal, else 0. */
  eq(other: Operand): Tensor {
    return this.#compare('equal', other);
  }
  /** 1 where not equal, else 0; NaN differs from everything. */
  ne(other: Operand): Tensor {
    return this.#compare('notEqual', other);
  }
  /** 1 where less, else 0. */
  lt(other: Operand): Tensor {
    return this.#compare('less', other);
  }
  /** 1 where less or equal, else 0. */
  le(other: Operand): Tensor {
    return this.#compare('lessEqual', other);
  }
  /** 1 where greater, else 0. */
  gt(other: Operand): Tensor {
    return this.#compare('greater', other);
  }
  /** 1 where greater or equal, else 0. */
  ge(other: Operand): Tensor {
    return this.#compare('greaterEqual', other);
  }
  /** 1 where NaN, else 0. */
  isnan(): Tensor {
    return this.#test('isnan');
  }
  /** 1 where infinite, else 0. */
  isinf(): Tensor {
    return this.#test('isinf');
  }
  /** 1 where neither NaN nor infinite, else 0. */
  isfinite(): Tensor {
    return this.#test('isfinite');
  }
  /** This where the condition is not 0, else `other`; all three broadcast. The gradient goes to what was chosen. */
  where(condition: TensorBase<DType>, other: Operand): Tensor {
    const node = whereNode(f32(condition.node), f32(this.node), operandNode(other));
    return this.derive(node, ...tensorsOf([other]));
  }
  /** `value` where the mask is not 0, else this. */
  maskedFill(mask: TensorBase<DType>, value: Operand): Tensor {
    const node = whereNode(f32(mask.node), operandNode(value), f32(this.node));
    return this.derive(node, ...tensorsOf([value]));
  }

  #compare(name: BinaryName, other: Operand): Tensor {
    return this.constant(binaryNode(name, f32(this.node), operandNode(other)));
  }

  #test(name: UnaryName): Tensor {
    return this.constant(unaryNode(name, f32(this.node)));
  }
}
