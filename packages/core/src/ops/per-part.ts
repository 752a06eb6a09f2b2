/** Ops that make one word of every part of a value, in parts of a fixed size: neither shards nor workers decide where one ends. */
import type { Pointer } from '@lockstep/kernels';
import { sizeOf } from '../tensor/shape.ts';
import { type LowerContext, type Op, wholeBatch } from './define-op.ts';

/** Elements of one part: a constant of the format. */
const partElements = 16384;

/** x of any shape → f32 [parts]; `lowerPart` computes the word at `to` from `count` elements at `from`. */
export function perPart(
  name: string,
  lowerPart: (at: LowerContext, part: { from: Pointer; count: number; to: Pointer }) => void,
): Op<object> {
  return {
    name,
    infer: ([x]) => ({ shape: [Math.ceil(sizeOf(x!.shape) / partElements)], dtype: 'f32' }),
    samplewise: wholeBatch,
    tiles: (node) => Array.from({ length: node.shape[0]! }, (_, first) => ({ first, count: 1 })),
    lower(node, at) {
      const x = node.inputs[0]!;
      const part = at.tile!.first;
      const first = part * partElements;
      const count = Math.min(partElements, sizeOf(x.shape) - first);
      lowerPart(at, { from: at.base(x) + 4 * first, count, to: at.base(node) + 4 * part });
    },
  };
}
