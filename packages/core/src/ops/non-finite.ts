/** Whether a gradient is finite, known before anything is updated. */
import { makeNode, type Node } from '../graph/node.ts';
import { perPart } from './per-part.ts';

/** NaN for a part in which an element is NaN or ±∞, else 0. */
const nonFinite = perPart('nonFinite', (at, { from, count, to }) => {
  at.call('fill', to, 1, 0);
  at.call('flagNonFinite', from, count, to);
});

/** x of any shape → f32 [parts]: NaN for a part of x that is not finite, else 0. */
export function nonFiniteNode(x: Node): Node {
  return makeNode(nonFinite, [x], {});
}
