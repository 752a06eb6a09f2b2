/** Tensors made of several others. */
import { makeNode } from '../graph/node.ts';
import { concat } from '../ops/shape-ops.ts';
import type { DType } from './dtype.ts';
import { normalizeAxis } from './shape.ts';
import { derived, type Tensor } from './tensor.ts';

/** Tensors joined along an axis. */
export function cat<D extends DType = 'f32'>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (tensors.length === 0) throw new RangeError('cat: expected at least one tensor');
  const at = normalizeAxis(axis, tensors[0]!.rank, 'cat');
  const nodes = tensors.map((tensor) => tensor.node);
  return derived(makeNode(concat, nodes, { axis: at }), tensors) as Tensor<DType> as Tensor<D>;
}
