/** Statistics of a value over the steps of a run, in place (Welford 1962): mean and sum of squared deviations of every element. */
import type { Pointer } from '@lockstep/kernels';
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape, sameShape, sizeOf } from '../tensor/shape.ts';
import { type Op, type Tile, wholeBatch } from './define-op.ts';

interface WelfordAttrs {
  /** The address of two u32 that the run sets before each step: observations so far, and the row where the batch's first sample belongs. */
  readonly at: Pointer;
}

const tileElements = 16384;

/** Inputs: mean [N, …], x [B, …] and, if wanted, the sum of squared deviations [N, …]. */
const welford: Op<WelfordAttrs> = {
  name: 'welford',
  infer([mean, x, m2]) {
    const rows = `[N, ${x!.shape.slice(1).join(', ')}]`;
    for (const state of [mean!, ...(m2 ? [m2] : [])]) {
      if (sameShape(state.shape.slice(1), x!.shape.slice(1)) && state.shape[0]! >= x!.shape[0]!) continue;
      throw new ShapeError(
        `welford: expected statistics ${rows} of x ${formatShape(x!.shape)}, got ${formatShape(state.shape)}`,
      );
    }
    return { shape: mean!.shape, dtype: 'f32' };
  },
  samplewise: wholeBatch,
  inPlace: ({ inputs: [mean, , m2] }) => (m2 ? [mean!, m2] : [mean!]),
  // Runs of the batch's elements: where they belong in the statistics is known when the step runs.
  tiles(node) {
    const size = sizeOf(node.inputs[1]!.shape);
    const tiles: Tile[] = [];
    for (let first = 0; first < size; first += tileElements)
      tiles.push({ first, count: Math.min(tileElements, size - first) });
    return tiles;
  },
  lower(node, at) {
    const [mean, x, m2] = node.inputs as [Node, Node, Node?];
    const { first, count } = at.tile!;
    const squares = m2 ? at.base(m2) + first * 4 : 0;
    const width = sizeOf(x.shape.slice(1));
    at.call('welford', at.base(x) + first * 4, at.base(mean) + first * 4, squares, count, width, node.attrs.at);
  },
};

/** The update of stored statistics of N samples by one more observation of a batch of B of them. */
export function welfordNode(x: Node, to: { mean: Node; m2?: Node | undefined; at: Pointer }): Node {
  return makeNode(welford, [to.mean, x, ...(to.m2 ? [to.m2] : [])], { at: to.at });
}
