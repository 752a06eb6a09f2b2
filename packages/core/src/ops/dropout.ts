/**
 * Inverted dropout (Srivastava et al. 2014): zero with probability p, scale what stays by 1/(1 − p). The mask is a pure function of
 * (seed, call site, step, sample, element), so nothing is stored: the gradient is the same op with the same call site applied to dy.
 */
import { f32Bits } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type Seed, streamKey, workerSeed } from '../random/streams.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Op, samplewiseRows } from './define-op.ts';

/** `sample`: the mask depends on a sample's place in the global batch. `worker`: on the logical shard and the place within it. */
export type RandomScope = 'sample' | 'worker';

export interface DropoutAttrs {
  /** Of 65536: a 16-bit number below it drops the element. */
  readonly threshold: number;
  readonly seed: Seed;
  /** The number of the call in trace order. */
  readonly site: number;
  readonly scope: RandomScope;
}

/** p as the kernel realises it, in steps of 1/65536; p < 1 never becomes 1. */
export function dropThreshold(p: number): number {
  return p === 1 ? 65536 : Math.min(65535, Math.round(p * 65536));
}

/** 1 / (the exactly realised probability to keep), as f32; 1 where nothing is kept. */
export function dropoutScale(threshold: number): number {
  return threshold === 65536 ? 1 : Math.fround(65536 / (65536 - threshold));
}

export const dropout: Op<DropoutAttrs> = {
  name: 'dropout',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(dropout, [dy], node.attrs)],
  samplewise: samplewiseRows,
  // Elements are numbered channels-last in images, so that the fast layout needs no conversion.
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  lower(node, at) {
    const { threshold, seed, site, scope } = node.attrs;
    // Axis 0 counts the rows of the mask; a rank-0 tensor is one row.
    const rows = node.shape[0] ?? 1;
    const n = rows === 0 ? 0 : sizeOf(node.shape) / rows;
    const perSample = rows / at.total;
    const firstRow = scope === 'worker' ? 0 : at.first * perSample;
    const [x, out] = [at.start(node.inputs[0]!), at.start(node)];
    const keySeed = scope === 'worker' ? workerSeed(seed, at.shard) : seed;
    const keyAt = at.constant(`key ${keySeed}`, () => new Uint32Array(streamKey(keySeed, 'dropout')));
    at.call(
      'dropout',
      x,
      out,
      perSample * at.count,
      n,
      firstRow,
      keyAt,
      at.control.step,
      site,
      threshold,
      f32Bits(dropoutScale(threshold)),
    );
  },
};

export function dropoutNode(x: Node, attrs: DropoutAttrs): Node {
  return makeNode(dropout, [x], attrs);
}
