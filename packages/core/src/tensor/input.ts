/** Symbolic tensors: the inputs of a traced program. */
import { makeNode } from '../graph/node.ts';
import { type InputSource, input } from '../ops/source.ts';
import type { DType } from './dtype.ts';
import type { Shape } from './shape.ts';
import { Tensor } from './tensor.ts';

/** An input with samples on axis 0, which each step fills from `source` (or the caller by hand). It has no values while tracing. */
export function inputTensor<D extends DType>(
  name: string,
  options: { shape: Shape; dtype: D; source?: InputSource },
): Tensor<D> {
  return new Tensor(makeNode(input, [], { name, ...options }));
}
