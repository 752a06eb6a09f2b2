/** Connectionist temporal classification (Graves et al. 2006) over log-probabilities [N, T, C]. */
import { makeNode, type Node } from '../graph/node.ts';
import type { LowerContext, Op } from './define-op.ts';

export interface CtcAttrs {
  readonly blank: number;
  readonly zeroInfinity: boolean;
}

/** Inputs: x [N, T, C], targets i32 [N, S], input lengths and target lengths i32 [N]. Every sample on its own. */
const samplewise: Op<unknown>['samplewise'] = (node, split, batch) =>
  split.some(Boolean) && node.shape[0]! % batch === 0;

/** What both kernels take after their addresses. */
function extents(node: Node<CtcAttrs>, at: LowerContext): [number, number, number, number, number, number] {
  const [x, targets] = node.inputs as [Node, Node];
  const [batch, time, classes] = x.shape as [number, number, number];
  const samples = (batch / at.total) * at.count;
  return [samples, time, classes, targets.shape[1]!, node.attrs.blank, node.attrs.zeroInfinity ? 1 : 0];
}

/** Bytes of the forward values of so many times. */
function scratchBytes({ inputs: [, targets] }: Node, times: number): number {
  return 8 * times * (2 * targets!.shape[1]! + 1);
}

const ctcLoss: Op<CtcAttrs> = {
  name: 'ctcLoss',
  infer: ([x]) => ({ shape: [x!.shape[0]!], dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(ctcLossGradient, [...node.inputs, dy], node.attrs), null, null, null],
  samplewise,
  lower(node, at) {
    const [x, targets, steps, lengths] = node.inputs.map((input) => at.start(input)) as [
      number,
      number,
      number,
      number,
    ];
    const scratch = at.scratch(scratchBytes(node, 2));
    at.call('ctcLoss', x, targets, steps, lengths, at.start(node), ...extents(node, at), scratch);
  },
};

const ctcLossGradient: Op<CtcAttrs> = {
  name: 'ctcLossGradient',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise,
  lower(node, at) {
    const [x, targets, steps, lengths, dy] = node.inputs.map((input) => at.start(input)) as number[];
    const scratch = at.scratch(scratchBytes(node, node.shape[1]! + 2));
    at.call('ctcLossGrad', dy!, x!, targets!, steps!, lengths!, at.start(node), ...extents(node, at), scratch);
  },
};

/** The loss of each sample: [N]. */
export function ctcLossNode(inputs: readonly [Node, Node, Node, Node], attrs: CtcAttrs): Node {
  return makeNode(ctcLoss, inputs, attrs);
}
