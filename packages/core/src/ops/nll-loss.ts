/** The negative log-likelihood of class numbers under rows of log-probabilities, and the weights of those classes. */
import { makeNode, type Node } from '../graph/node.ts';
import { type Op, samplewiseRows } from './define-op.ts';

interface NllAttrs {
  /** Targets of this number count nothing. */
  readonly ignoreIndex: number;
  readonly classes: number;
}

/** Log-probabilities [R, C], targets i32 [R] (and weights [C]) → [R]: −weight[target] · x[target], 0 where ignored. */
const nllLoss: Op<NllAttrs> = {
  name: 'nllLoss',
  infer: ([, targets]) => ({ shape: targets!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    return [makeNode(nllLossGradient, [dy, ...node.inputs.slice(1)], node.attrs), null, null];
  },
  samplewise: samplewiseRows,
  lower(node, at) {
    const [x, targets, weight] = node.inputs as [Node, Node, Node?];
    const { classes, ignoreIndex } = node.attrs;
    const weights = weight ? at.base(weight) : 0;
    const [from, of, out] = [at.start(x), at.start(targets), at.start(node)];
    at.call('nllLoss', from, of, weights, out, at.elements(targets), classes, ignoreIndex);
  },
};

/** dy [R], targets [R] (and weights) → [R, C]. */
const nllLossGradient: Op<NllAttrs> = {
  name: 'nllLossGradient',
  infer: ([dy], { classes }) => ({ shape: [dy!.shape[0]!, classes], dtype: 'f32' }),
  samplewise: samplewiseRows,
  lower(node, at) {
    const [dy, targets, weight] = node.inputs as [Node, Node, Node?];
    const { classes, ignoreIndex } = node.attrs;
    const weights = weight ? at.base(weight) : 0;
    const [from, of, out] = [at.start(dy), at.start(targets), at.start(node)];
    at.call('nllLossGrad', from, of, weights, out, at.elements(targets), classes, ignoreIndex);
  },
};

/** Targets i32 [R] (and weights [C]) → [R]: the weight of each target, 0 where ignored. */
const targetWeights: Op<NllAttrs> = {
  name: 'targetWeights',
  infer: ([targets]) => ({ shape: targets!.shape, dtype: 'f32' }),
  gradient: (node) => node.inputs.map(() => null),
  samplewise: samplewiseRows,
  lower(node, at) {
    const [targets, weight] = node.inputs as [Node, Node?];
    const { classes, ignoreIndex } = node.attrs;
    const weights = weight ? at.base(weight) : 0;
    at.call('targetWeights', at.start(targets), weights, at.start(node), at.elements(targets), classes, ignoreIndex);
  },
};

/** Operands whose shapes are checked already. */
export interface NllOperands {
  /** i32 [R]. */
  readonly targets: Node;
  /** f32 [C]; default: all 1. */
  readonly weight?: Node | undefined;
  readonly classes: number;
  readonly ignoreIndex: number;
}

export function nllLossNode(x: Node, { targets, weight, classes, ignoreIndex }: NllOperands): Node {
  return makeNode(nllLoss, [x, targets, ...(weight ? [weight] : [])], { classes, ignoreIndex });
}

export function targetWeightsNode({ targets, weight, classes, ignoreIndex }: NllOperands): Node {
  return makeNode(targetWeights, [targets, ...(weight ? [weight] : [])], { classes, ignoreIndex });
}
