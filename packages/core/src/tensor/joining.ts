/** Tensors made of several others. */
import { ShapeError } from '../errors.ts';
import { makeNode } from '../graph/node.ts';
import { expandNode } from '../ops/broadcast.ts';
import { concat, reshapeNode } from '../ops/shape-ops.ts';
import type { DType } from './dtype.ts';
import { formatShape, normalizeAxis, sameShape } from './shape.ts';
import { derived, type Tensor } from './tensor.ts';

/** Tensors joined along an axis. Their other extents and dtypes agree. */
export function cat<D extends DType = 'f32'>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  if (tensors.length === 0) throw new RangeError('cat: expected at least one tensor');
  const at = normalizeAxis(axis, tensors[0]!.rank, 'cat');
  const nodes = tensors.map((tensor) => tensor.node);
  return derived(makeNode(concat, nodes, { axis: at }), tensors) as Tensor<DType> as Tensor<D>;
}

/** Tensors of one shape side by side on a new axis, which becomes axis `axis` of the result. */
export function stack<D extends DType = 'f32'>(tensors: readonly Tensor<D>[], axis = 0): Tensor<D> {
  const [first] = tensors;
  if (!first) throw new RangeError('stack: expected at least one tensor');
  const other = tensors.find((tensor) => !sameShape(tensor.shape, first.shape));
  if (other) {
    throw new ShapeError(
      `stack: expected tensors of one shape, got ${formatShape(first.shape)} and ${formatShape(other.shape)}`,
    );
  }
  const at = normalizeAxis(axis, first.rank + 1, 'stack');
  const shape = [...first.shape.slice(0, at), 1, ...first.shape.slice(at)];
  const nodes = tensors.map((tensor) => reshapeNode(tensor.node, shape));
  return derived(makeNode(concat, nodes, { axis: at }), tensors) as Tensor<DType> as Tensor<D>;
}

/**
 * Coordinates of a grid: for vectors of extents n₀, n₁, … as many tensors of shape [n₀, n₁, …], the i-th varying along axis i alone.
 * `indexing` 'xy' exchanges the first two axes.
 */
export function meshgrid(vectors: readonly Tensor[], options: { indexing?: 'ij' | 'xy' } = {}): Tensor[] {
  const { indexing = 'ij' } = options;
  if (indexing !== 'ij' && indexing !== 'xy')
    throw new RangeError(`meshgrid: indexing is 'ij' or 'xy', got ${String(indexing)}`);
  const wrong = vectors.find(({ rank }) => rank > 1);
  if (wrong) throw new ShapeError(`meshgrid: expected vectors, got shape ${formatShape(wrong.shape)}`);
  const place = (i: number) => (indexing === 'xy' && i < 2 && vectors.length > 1 ? 1 - i : i);
  const shape = vectors.map((_, i) => vectors[place(i)]!.size);
  return vectors.map((vector, i) => {
    const row = reshapeNode(vector.node, shape.map((_, axis) => (axis === place(i) ? vector.size : 1))); // biome-ignore format: one node
    return derived(expandNode(row, shape), [vector]);
  });
}
