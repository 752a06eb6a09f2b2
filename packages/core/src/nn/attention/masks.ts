/** Attention masks: additive (f32, −∞ where a key does not count) or boolean (integers), and what they broadcast to. */
import type { HeadStrides } from '@lockstep/kernels';
import { ShapeError } from '../../errors.ts';
import type { Node } from '../../graph/node.ts';
import { expandNode } from '../../ops/broadcast.ts';
import { castNode } from '../../ops/cast.ts';
import { binaryNode, unaryNode } from '../../ops/elementwise.ts';
import { reshapeNode } from '../../ops/shape-ops.ts';
import { fullNode } from '../../ops/source.ts';
import { tensor } from '../../tensor/create.ts';
import type { DType } from '../../tensor/dtype.ts';
import { formatShape, sizeOf } from '../../tensor/shape.ts';
import { derived, type Tensor } from '../../tensor/tensor.ts';

/** f32: added to the scores. i32 or u8: boolean, 0 is false and everything else is true. */
export type AttentionMask = Tensor<DType>;

/** The additive mask of a boolean one: 0 where keys count, −∞ elsewhere. `whenTrue` says what true means. */
export function additive(mask: AttentionMask, whenTrue: 'counts' | 'does not count'): Tensor {
  if (mask.dtype === 'f32') return mask as Tensor;
  const sign = unaryNode('sign', castNode(mask.node, 'f32'));
  const truth = binaryNode('mul', sign, sign);
  const counts = whenTrue === 'counts' ? truth : binaryNode('rsub', truth, fullNode([], 1));
  // ln 1 = 0 and ln 0 = −∞, exactly.
  return derived(unaryNode('log', counts), []);
}

export interface HeadsShape {
  readonly samples: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
}

/** The mask's node and how the kernel walks it, for a mask that broadcasts to [samples, …lead, queries, keys]; `lead` multiplies to the heads. */
export function placedMask(
  mask: Tensor,
  to: HeadsShape & { lead: readonly number[]; where: string },
): { node: Node; strides: HeadStrides } {
  const { samples, queries, keys, lead, where } = to;
  const whole = [samples, ...lead, queries, keys];
  const shape = [...whole.slice(mask.rank).map(() => 1), ...mask.shape];
  const fits = mask.rank <= whole.length && shape.every((extent, axis) => extent === 1 || extent === whole[axis]);
  if (!fits || mask.rank < 1) {
    throw new ShapeError(
      `${where}: the mask of shape ${formatShape(mask.shape)} does not broadcast to the scores ${formatShape(whole)}; its last axes are queries and keys`,
    );
  }
  const everyHead = shape.slice(1, -2).every((extent) => extent === 1);
  const wanted = [shape[0]!, ...(everyHead ? lead.map(() => 1) : lead), shape.at(-2)!, keys];
  const node = expandNode(reshapeNode(mask.node, shape), wanted);
  const [rows, rowStride] = [shape.at(-2)!, shape.at(-2) === 1 ? 0 : keys];
  const sample = shape[0] === 1 ? 0 : sizeOf(wanted.slice(1));
  return { node, strides: { sample, head: everyHead ? 0 : rows * keys, row: rowStride } };
}

/** The causal mask of scores [queries, keys]. */
export function causalMask(queries: number, keys: number): Tensor {
  const rows = Array.from({ length: queries * keys }, (_, i) =>
    i % keys > Math.floor(i / keys) ? Number.NEGATIVE_INFINITY : 0,
  );
  return tensor(rows, { shape: [queries, keys] });
}
