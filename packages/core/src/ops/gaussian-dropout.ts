/**
 * Multiplicative Gaussian noise (Srivastava et al. 2014, § 10): x·(1 + σz), z standard normal, a pure function of (seed, call site, step,
 * sample, element), so nothing is stored: the gradient is the same op with the same call site applied to dy.
 */
import { makeNode } from '../graph/node.ts';
import { type Op, samplewiseRows } from './define-op.ts';
import type { DropoutAttrs } from './dropout.ts';
import { rateAddress } from './dropout-rate.ts';
import { drawnRows, drawTiles } from './random-rows.ts';

/** Bytes of scratch that the kernel asks for. */
const scratchBytes = 128;

export const gaussianDropout: Op<DropoutAttrs> = {
  name: 'gaussianDropout',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(gaussianDropout, [dy], node.attrs)],
  drawsAnew: true,
  samplewise: samplewiseRows,
  // Elements are numbered channels-last in images, so that the fast layout needs no conversion.
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  tiles: drawTiles,
  lower(node, at) {
    const { rate, site } = node.attrs;
    const { rows, n, firstRow, key, skippedBytes } = drawnRows(node, at, node.attrs);
    const [x, out] = [at.start(node.inputs[0]!) + skippedBytes, at.start(node) + skippedBytes];
    const draw = [key, at.control.step, site, rateAddress(rate, at), at.scratch(scratchBytes)] as const;
    at.call('gaussianDropout', x, out, rows, n, firstRow, ...draw);
  },
};
