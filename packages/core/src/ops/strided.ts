/** Emits the kernels that read from and write to regular distances; shared by the ops that only move elements. */
import type { Pointer } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { LowerContext } from './define-op.ts';
import { elementRange } from './tiles.ts';

/** Emits the gather of the task's elements of `node` from a strided source. */
export function gather(at: LowerContext, node: Node, strides: readonly number[], source: Pointer): void {
  const spec = at.constant('gather', () => new Int32Array([node.shape.length, ...node.shape, ...strides]));
  const { first, count, out } = elementRange(node, at);
  at.call('gatherStrided', source, out, spec, first, count, bytesPerElement[node.dtype]);
}

interface ScatterTarget {
  readonly source: Node;
  readonly strides: readonly number[];
  readonly out: Pointer;
  /** Elements of the source; by default those of the task's samples. */
  readonly range?: { readonly first: number; readonly count: number };
}

/** Emits the scatter of elements of `source` to a strided place. */
export function scatter(at: LowerContext, { source, strides, out, range }: ScatterTarget): void {
  const name = `scatter ${source.shape.join(',')}`;
  const spec = at.constant(name, () => new Int32Array([source.shape.length, ...source.shape, ...strides]));
  const bytes = bytesPerElement[source.dtype];
  const own = { first: (sizeOf(source.shape) / at.total) * at.first, count: at.elements(source) };
  const { first, count } = range ?? own;
  const from = range ? at.base(source) + first * bytes : at.start(source);
  at.call('scatterStrided', from, out, spec, first, count, bytes);
}
