/**
 * Normalisation of rows of n neighbours by their own mean and variance (layer normalisation, Ba et al. 2016), or by the root of their mean
 * square (RMS normalisation, Zhang & Sennrich 2019), and its gradients. The statistics of a row are computed once and read by both.
 */
import { f32Bits } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { rowOf } from './batch-norm.ts';
import { keepsRows, type LowerContext, type Op, wholeBatch } from './define-op.ts';
import { reshapeNode } from './shape-ops.ts';

interface RowAttrs {
  /** Elements of a row, the last ones of the shape. */
  readonly n: number;
  /** Whether the mean is subtracted. */
  readonly centred: boolean;
}

interface NormAttrs extends RowAttrs {
  /** Which of gamma and beta come after x and the statistics. */
  readonly weight: boolean;
  readonly bias: boolean;
}

function rowsIn(x: Node, n: number, at: LowerContext): number {
  return at.elements(x) / n;
}

/** By samples if the first `count` inputs are and the parameters are not. */
function splitFirst(count: number): Op<unknown>['samplewise'] {
  return (node, split, batch) => split.every((flag, i) => flag === i < count) && keepsRows(node, batch);
}

/** x → [rows, 2]: mean (0 unless centred) and 1/√(variance + eps) of each row. */
const statistics: Op<RowAttrs & { eps: number }> = {
  name: 'layerNormStatistics',
  infer: ([x], { n }) => ({ shape: [sizeOf(x!.shape) / n, 2], dtype: 'f32' }),
  samplewise: splitFirst(1),
  lower(node, at) {
    const x = node.inputs[0]!;
    const { n, centred, eps } = node.attrs;
    const epsBits = f32Bits(Math.fround(eps));
    at.call('layerNormStatistics', at.start(x), rowsIn(x, n, at), n, epsBits, centred ? 1 : 0, at.start(node));
  },
};

/** x, statistics (, gamma) (, beta) → (x − mean)·invstd·gamma + beta. */
const layerNorm: Op<NormAttrs> = {
  name: 'layerNorm',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const [x, of, ...parameters] = node.inputs as [Node, Node, ...Node[]];
    const { n, centred, weight } = node.attrs;
    const gamma = weight ? [parameters[0]!] : [];
    const dx = makeNode(inputGradient, [dy, x, of, ...gamma], { n, centred });
    const sums = makeNode(weightGradient, [dy, x, of], { n });
    const row = (number: number, like: Shape) => reshapeNode(rowOf(sums, number), like);
    return [dx, null, ...parameters.map((parameter, i) => row(weight && i === 0 ? 1 : 0, parameter.shape))];
  },
  samplewise: splitFirst(2),
  lower(node, at) {
    const [x, of, ...parameters] = node.inputs as [Node, Node, ...Node[]];
    const { n, weight, bias } = node.attrs;
    const addresses = parameters.map((parameter) => at.base(parameter));
    const [gamma, beta] = [weight ? addresses[0]! : 0, bias ? addresses[addresses.length - 1]! : 0];
    at.call('layerNorm', at.start(x), at.start(of), gamma, beta, at.start(node), rowsIn(x, n, at), n);
  },
};

/** dx from dy, x, statistics (and gamma). */
const inputGradient: Op<RowAttrs> = {
  name: 'layerNormInputGradient',
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise: splitFirst(3),
  lower(node, at) {
    const [dy, x, of, weight] = node.inputs as [Node, Node, Node, Node?];
    const { n, centred } = node.attrs;
    const gamma = weight ? at.base(weight) : 0;
    const to = { x: at.start(x), of: at.start(of), dx: at.start(node) };
    at.call('layerNormGrad', at.start(dy), to.x, to.of, gamma, to.dx, rowsIn(x, n, at), n, centred ? 1 : 0);
  },
};

const tileColumns = 64;

/** dy, x, statistics → [2, n]: the gradients of beta and gamma, sums over all rows of the batch in order. A tile is a run of columns. */
const weightGradient: Op<{ n: number }> = {
  name: 'layerNormWeightGradient',
  infer: (_inputs, { n }) => ({ shape: [2, n], dtype: 'f32' }),
  samplewise: wholeBatch,
  tiles({ attrs: { n } }) {
    const starts = Array.from({ length: Math.ceil(n / tileColumns) }, (_, i) => i * tileColumns);
    return starts.map((first) => ({ first, count: Math.min(tileColumns, n - first) }));
  },
  parts: () => ({ samples: 1, totals: 'carry' }),
  lower(node, at) {
    const [dy, x, of] = node.inputs as [Node, Node, Node];
    const { n } = node.attrs;
    const { first, count } = at.tile!;
    const sums = at.carry(64 * Math.ceil(count / 4))(0);
    const from = [at.start(dy), at.start(x), at.start(of), rowsIn(x, n, at)] as const;
    at.call('layerNormGradWeight', ...from, n, first, count, at.base(node), sums, at.part.continued);
  },
};

/** Normalises rows of the last `n` elements; gamma and beta hold n elements each. */
export function layerNormNode(
  x: Node,
  options: { n: number; centred: boolean; eps: number; weight: Node | undefined; bias: Node | undefined },
): Node {
  const { n, centred, eps, weight, bias } = options;
  const of = makeNode(statistics, [x], { n, centred, eps });
  const parameters = [weight, bias].filter((node) => node !== undefined);
  return makeNode(layerNorm, [x, of, ...parameters], { n, centred, weight: !!weight, bias: !!bias });
}
