/**
 * Inverted dropout (Srivastava et al. 2014): zero with probability p, scale what stays by 1/(1 − p). The mask is a pure function of
 * (seed, call site, step, sample, element), so nothing is stored: the gradient is the same op with the same call site applied to dy.
 */
import { makeNode, type Node } from '../graph/node.ts';
import { type Seed, streamKey, workerSeed } from '../random/streams.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Op, samplewiseRows } from './define-op.ts';
import { type DropoutRate, rateAddress } from './dropout-rate.ts';

/** `sample`: the mask depends on a sample's place in the global batch. `worker`: on the logical shard and the place within it. */
export type RandomScope = 'sample' | 'worker';

export interface DropoutAttrs {
  readonly rate: DropoutRate;
  readonly seed: Seed;
  /** The number of the call in trace order. */
  readonly site: number;
  readonly scope: RandomScope;
}

export const dropout: Op<DropoutAttrs> = {
  name: 'dropout',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(dropout, [dy], node.attrs)],
  drawsAnew: true,
  samplewise: samplewiseRows,
  // Elements are numbered channels-last in images, so that the fast layout needs no conversion.
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  lower(node, at) {
    const { rate, seed, site, scope } = node.attrs;
    // Axis 0 counts the rows of the mask; a rank-0 tensor is one row.
    const rows = node.shape[0] ?? 1;
    const n = rows === 0 ? 0 : sizeOf(node.shape) / rows;
    const perSample = rows / at.total;
    const firstRow = scope === 'worker' ? 0 : at.first * perSample;
    const [x, out] = [at.start(node.inputs[0]!), at.start(node)];
    const keySeed = scope === 'worker' ? workerSeed(seed, at.shard) : seed;
    const keyAt = at.constant(`key ${keySeed}`, () => new Uint32Array(streamKey(keySeed, 'dropout')));
    at.call('dropout', x, out, perSample * at.count, n, firstRow, keyAt, at.control.step, site, rateAddress(rate, at));
  },
};

export function dropoutNode(x: Node, attrs: DropoutAttrs): Node {
  return makeNode(dropout, [x], attrs);
}
