/** Batch normalisation by given statistics, with or without ReLU, channels-last, and its gradients. */
import { makeNode, type Node } from '../graph/node.ts';
import { rowsOf } from './batch-statistics.ts';
import { sumNode } from './broadcast.ts';
import { keepsRows, type Op, samplewiseRows } from './define-op.ts';
import { reshapeNode } from './shape-ops.ts';
import { slice } from './slice.ts';

/** Bytes of `rows` rows of factors in scratch, one a channel. */
function factorBytes(channels: number, rows: number): number {
  return rows * 16 * Math.ceil(channels / 4);
}

export interface BatchNormAttrs {
  /** The statistics are those of x, so gradients flow through them too. */
  readonly ofBatch: boolean;
  readonly relu: boolean;
}

/** x [B, C, H, W], statistics [≥ 2, C], gamma [C], beta [C] → (x − mean)·invstd·gamma + beta, with ReLU where it is fused. */
export const batchNorm: Op<BatchNormAttrs> = {
  name: 'batchNorm',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const [x, of, gamma] = node.inputs as [Node, Node, Node, Node];
    const { ofBatch, relu } = node.attrs;
    const mask = relu ? [node] : [];
    const perSample = makeNode(gradientSums, [dy, x, of, ...mask], { relu });
    const channels = x.shape[1]!;
    const sums = reshapeNode(sumNode(perSample, { axes: [0], keepDims: false }), [2, channels]);
    const dx = makeNode(inputGradient, [dy, x, of, gamma, ...(ofBatch ? [sums] : []), ...mask], node.attrs);
    return [dx, null, rowOf(sums, 1), rowOf(sums, 0)];
  },
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast', 'row', 'row', 'row'], output: 'channelsLast' }),
  lower(node, at) {
    const [x, of, gamma, beta] = node.inputs as [Node, Node, Node, Node];
    const { samples, rows, channels } = rowsOf(x, at);
    const tmp = at.scratch(factorBytes(channels, 1));
    const relu = node.attrs.relu ? 1 : 0;
    const [table, scale, shift] = [at.base(of), at.base(gamma), at.base(beta)];
    at.call('batchNorm', at.start(x), table, scale, shift, at.start(node), samples * rows, channels, relu, tmp);
  },
};

/** Row `row` of a matrix [R, C], as [C]. */
export function rowOf(sums: Node, row: number): Node {
  const channels = sums.shape[1]!;
  const taken = makeNode(slice, [sums], { start: [row, 0], step: [1, 1], shape: [1, channels] });
  return reshapeNode(taken, [channels]);
}

/** dy, x, statistics (and y after ReLU) → [B, 2, C]: Σ dy and Σ dy·x̂ of each sample. */
const gradientSums: Op<{ relu: boolean }> = {
  name: 'batchNormGradientSums',
  infer: ([, x]) => ({ shape: [x!.shape[0]!, 2, x!.shape[1]!], dtype: 'f32' }),
  samplewise: splitAlike([0, 1, 3]),
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'row', 'channelsLast'], output: 'row' }),
  lower(node, at) {
    const [dy, x, of, y] = node.inputs as [Node, Node, Node, Node?];
    const { samples, rows, channels } = rowsOf(x, at);
    const [mask, table] = [y ? at.start(y) : 0, at.base(of)];
    at.call('batchNormGradSums', at.start(dy), at.start(x), mask, table, samples, rows, channels, at.start(node));
  },
};

/** dx from dy, x, statistics, gamma (the batch's sums, if the statistics are those of x) (and y after ReLU). */
const inputGradient: Op<BatchNormAttrs> = {
  name: 'batchNormInputGradient',
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise: (node, split, batch) => splitAlike([0, 1, node.attrs.ofBatch ? 5 : 4])(node, split, batch),
  layout: (node) => ({
    inputs: ['channelsLast', 'channelsLast', 'row', 'row', node.attrs.ofBatch ? 'row' : 'channelsLast', 'channelsLast'],
    output: 'channelsLast',
  }),
  lower(node, at) {
    const [dy, x, of, gamma, ...rest] = node.inputs as [Node, Node, Node, Node, ...Node[]];
    const sums = node.attrs.ofBatch ? rest.shift() : undefined;
    const { samples, rows, channels } = rowsOf(x, at);
    at.call(
      'batchNormGrad',
      at.start(dy),
      at.start(x),
      rest[0] ? at.start(rest[0]) : 0,
      at.base(of),
      at.base(gamma),
      sums ? at.base(sums) : 0,
      at.start(node),
      samples * rows,
      channels,
      x.shape[0]! * rows,
      at.scratch(factorBytes(channels, 3)),
    );
  },
};

/** By samples if all of these inputs (where present) are. */
function splitAlike(inputs: readonly number[]): Op<unknown>['samplewise'] {
  return (node, split, batch) => inputs.every((i) => split[i] !== false) && keepsRows(node, batch);
}
