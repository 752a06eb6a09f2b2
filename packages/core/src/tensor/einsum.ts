/** Sums of products by Einstein's notation. */

import { f32 } from '../ops/cast.ts';
import { contract, type Labelled } from '../ops/contract.ts';
import { parseEquation } from '../ops/equation.ts';
import type { DType } from './dtype.ts';
import { derived, type Tensor } from './tensor.ts';

/**
 * The sum of products that the equation names, as PyTorch's: `einsum('bij,bjk->bik', a, b)`. A letter is an axis; letters that the
 * result does not have are summed over; a letter twice in one operand takes the diagonal; `...` stands for leading axes that broadcast.
 * Without `->` the result has the letters that occur once, in alphabetical order. Operands are multiplied from left to right, by matrix
 * products wherever something is summed. ShapeError where the equation does not fit the operands.
 */
export function einsum(equation: string, ...operands: readonly Tensor<DType>[]): Tensor {
  const shapes = operands.map((operand) => operand.shape);
  const { inputs, output } = parseEquation(equation, shapes);
  const labelled = operands.map((operand, i): Labelled => ({ node: f32(operand.node), labels: inputs[i]! }));
  return derived(contract(labelled, output), operands);
}
