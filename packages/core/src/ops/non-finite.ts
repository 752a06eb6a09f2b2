/** Whether a gradient is finite, known before anything is updated. */
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Op, wholeBatch } from './define-op.ts';

/** Elements of one part. */
const partElements = 16384;

/** A word for every `partElements` elements: NaN if one of them is NaN or ±∞, else 0. */
const nonFinite: Op<object> = {
  name: 'nonFinite',
  infer: ([x]) => ({ shape: [Math.ceil(sizeOf(x!.shape) / partElements)], dtype: 'f32' }),
  samplewise: wholeBatch,
  tiles: (node) => Array.from({ length: node.shape[0]! }, (_, first) => ({ first, count: 1 })),
  lower(node, at) {
    const x = node.inputs[0]!;
    const part = at.tile!.first;
    const first = part * partElements;
    const flag = at.base(node) + 4 * part;
    at.call('fill', flag, 1, 0);
    at.call('flagNonFinite', at.base(x) + 4 * first, Math.min(partElements, sizeOf(x.shape) - first), flag);
  },
};

/** x of any shape → f32 [parts]: NaN for a part of x that is not finite, else 0. */
export function nonFiniteNode(x: Node): Node {
  return makeNode(nonFinite, [x], {});
}
