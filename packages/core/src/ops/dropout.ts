/**
 * Inverted dropout (Srivastava et al. 2014): zero with probability p, scale what stays by 1/(1 − p). The mask is a pure function of
 * (seed, call site, step, sample, element), so nothing is stored: the gradient is the same op with the same call site applied to dy.
 */
import { makeNode, type Node } from '../graph/node.ts';
import { type Op, samplewiseRows } from './define-op.ts';
import { type DropoutRate, rateAddress } from './dropout-rate.ts';
import { type DrawAttrs, drawnRows, drawTiles } from './random-rows.ts';

export interface DropoutAttrs extends DrawAttrs {
  readonly rate: DropoutRate;
}

export const dropout: Op<DropoutAttrs> = {
  name: 'dropout',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(dropout, [dy], node.attrs)],
  drawsAnew: true,
  samplewise: samplewiseRows,
  // Elements are numbered channels-last in images, so that the fast layout needs no conversion.
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  tiles: drawTiles,
  lower(node, at) {
    const { rate, site } = node.attrs;
    const { rows, n, firstRow, key, skippedBytes } = drawnRows(node, at, node.attrs);
    const [x, out] = [at.start(node.inputs[0]!) + skippedBytes, at.start(node) + skippedBytes];
    at.call('dropout', x, out, rows, n, firstRow, key, at.control.step, site, rateAddress(rate, at));
  },
};

export function dropoutNode(x: Node, attrs: DropoutAttrs): Node {
  return makeNode(dropout, [x], attrs);
}
