/** Losses between x and a target of the same shape, element by element, one kernel each way. */
import { f32Bits, pairLossOps } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import type { Op } from './define-op.ts';
import { binaryNode, unaryNode } from './elementwise.ts';
import { fullNode } from './source.ts';

export type PairLossName = keyof typeof pairLossOps;

interface PairLossAttrs {
  readonly name: PairLossName;
  /** beta or delta; 0 where the loss has none. */
  readonly a: number;
}

/** Elementwise, whichever operands are split: the others are read at the same place. */
const samplewise: Op<unknown>['samplewise'] = (node, split, batch) =>
  split.some(Boolean) && node.shape[0]! % batch === 0;

const pairLoss: Op<PairLossAttrs> = {
  name: 'pairLoss',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const [x, target] = node.inputs as [Node, Node];
    const dx = makeNode(pairLossGradient, [dy, x, target], node.attrs);
    return [dx, targetGradient(node, dy, dx)];
  },
  samplewise,
  layout: () => 'same',
  lower(node, at) {
    const { name, a } = node.attrs;
    const [x, target] = node.inputs.map((input) => at.start(input)) as [number, number];
    at.call('pairLoss', pairLossOps[name], x, target, at.start(node), at.elements(node), f32Bits(a));
  },
};

const pairLossGradient: Op<PairLossAttrs> = {
  name: 'pairLossGradient',
  infer: ([dy]) => ({ shape: dy!.shape, dtype: 'f32' }),
  samplewise,
  layout: () => 'same',
  lower(node, at) {
    const { name, a } = node.attrs;
    const [dy, x, target] = node.inputs.map((input) => at.start(input)) as [number, number, number];
    at.call('pairLossGrad', pairLossOps[name], dy, x, target, at.start(node), at.elements(node), f32Bits(a));
  },
};

function targetGradient({ attrs: { name }, inputs: [x] }: Node<PairLossAttrs>, dy: Node, dx: Node): Node {
  if (name === 'smoothL1' || name === 'huber') return unaryNode('neg', dx);
  if (name === 'bceWithLogits') return unaryNode('neg', binaryNode('mul', dy, x!));
  // max(log(1 − x), −100) − max(log x, −100)
  const bounded = (of: Node) => binaryNode('maximum', unaryNode('log', of), fullNode([], -100));
  const miss = bounded(binaryNode('rsub', x!, fullNode([], 1)));
  return binaryNode('mul', dy, binaryNode('sub', miss, bounded(x!)));
}

export function pairLossNode(name: PairLossName, operands: { x: Node; target: Node; a?: number }): Node {
  return makeNode(pairLoss, [operands.x, operands.target], { name, a: operands.a ?? 0 });
}
