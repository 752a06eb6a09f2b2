/**
 * Normalisation of groups of channels within each sample (group normalisation, Wu & He 2018; instance normalisation with one channel a
 * group), channels-last, and its gradients.
 */
import { f32Bits } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { rowOf } from './batch-norm.ts';
import { momentsNode, rowsOf } from './batch-statistics.ts';
import { sumNode } from './broadcast.ts';
import { keepsRows, type Op } from './define-op.ts';
import { reshapeNode } from './shape-ops.ts';

interface GroupAttrs {
  readonly groups: number;
}

/** By samples if these inputs are and the others are not. */
function splitOnly(inputs: readonly number[]): Op<unknown>['samplewise'] {
  return (node, split, batch) => split.every((flag, i) => flag === inputs.includes(i)) && keepsRows(node, batch);
}

/** Moments [B, 2, C] → [B, 2, C]: mean and 1/√(variance + eps) of each channel's group. */
const statistics: Op<GroupAttrs & { rows: number; eps: number }> = {
  name: 'groupNormStatistics',
  infer: ([of]) => ({ shape: of!.shape, dtype: 'f32' }),
  samplewise: splitOnly([0]),
  lower(node, at) {
    const of = node.inputs[0]!;
    const { groups, rows, eps } = node.attrs;
    const channels = of.shape[2]!;
    const samples = at.elements(of) / (2 * channels);
    const epsBits = f32Bits(Math.fround(eps));
    at.call('groupNormStatistics', at.start(of), samples, rows, channels, groups, epsBits, at.start(node));
  },
};

/** x [B, C, H, W], statistics [B, 2, C], gamma [C], beta [C] → (x − mean)·invstd·gamma + beta. */
const groupNorm: Op<GroupAttrs> = {
  name: 'groupNorm',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const [x, of, gamma] = node.inputs as [Node, Node, Node, Node];
    const perSample = makeNode(gradientSums, [dy, x, of], {});
    const dx = makeNode(inputGradient, [dy, x, of, perSample, gamma], node.attrs);
    const sums = reshapeNode(sumNode(perSample, { axes: [0], keepDims: false }), [2, x.shape[1]!]);
    return [dx, null, rowOf(sums, 1), rowOf(sums, 0)];
  },
  samplewise: splitOnly([0, 1]),
  layout: () => ({ inputs: ['channelsLast', 'row', 'row', 'row'], output: 'channelsLast' }),
  lower(node, at) {
    const [x, of, gamma, beta] = node.inputs as [Node, Node, Node, Node];
    const { samples, rows, channels } = rowsOf(x, at);
    const [table, scale, shift] = [at.start(of), at.base(gamma), at.base(beta)];
    const tmp = at.scratch(factorBytes(channels));
    at.call('groupNorm', at.start(x), table, scale, shift, at.start(node), samples, rows, channels, tmp);
  },
};

/** Bytes of a row of factors, one a channel. */
function factorBytes(channels: number): number {
  return 16 * Math.ceil(channels / 4);
}

/** dy, x, statistics → [B, 2, C]: Σ dy and Σ dy·x̂ of each sample. */
const gradientSums: Op<object> = {
  name: 'groupNormGradientSums',
  infer: ([, , of]) => ({ shape: of!.shape, dtype: 'f32' }),
  samplewise: splitOnly([0, 1, 2]),
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'row'], output: 'row' }),
  lower(node, at) {
    const [dy, x, of] = node.inputs as [Node, Node, Node];
    const { samples, rows, channels } = rowsOf(x, at);
    at.call('groupNormGradSums', at.start(dy), at.start(x), at.start(of), samples, rows, channels, at.start(node));
  },
};

/** dx from dy, x, statistics, the sums of each sample, and gamma. */
const inputGradient: Op<GroupAttrs> = {
  name: 'groupNormInputGradient',
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise: splitOnly([0, 1, 2, 3]),
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'row', 'row', 'row'], output: 'channelsLast' }),
  lower(node, at) {
    const [dy, x, of, sums, gamma] = node.inputs as [Node, Node, Node, Node, Node];
    const { samples, rows, channels } = rowsOf(x, at);
    at.call(
      'groupNormGrad',
      at.start(dy),
      at.start(x),
      at.start(of),
      at.base(gamma),
      at.start(sums),
      at.start(node),
      samples,
      rows,
      channels,
      node.attrs.groups,
      at.scratch(3 * factorBytes(channels)),
    );
  },
};

/** Normalises each sample of x [B, C, H, W] by groups of neighbouring channels. */
export function groupNormNode(x: Node, options: { groups: number; eps: number; weight: Node; bias: Node }): Node {
  const { groups, eps, weight, bias } = options;
  const rows = sizeOf(x.shape.slice(2));
  const of = makeNode(statistics, [momentsNode(x)], { groups, rows, eps });
  return makeNode(groupNorm, [x, of, weight, bias], { groups });
}
