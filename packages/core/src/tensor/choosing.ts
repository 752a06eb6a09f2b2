/** The function form of choices between tensors. */
import { f32 } from '../ops/cast.ts';
import { whereNode } from '../ops/where.ts';
import type { DType } from './dtype.ts';
import { type Operand, operandNode, tensorsOf } from './elementwise-methods.ts';
import { derived, type Tensor } from './tensor.ts';

/** a where the condition is not 0, else b; all three broadcast. The gradient goes to what was chosen, 0 to the other. */
export function where(condition: Tensor<DType>, a: Operand, b: Operand): Tensor {
  const node = whereNode(f32(condition.node), operandNode(a), operandNode(b));
  return derived(node, tensorsOf([a, b]));
}
