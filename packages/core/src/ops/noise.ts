/**
 * Random numbers that change every step: uniform deviates and Bernoulli draws, pure functions of (seed, call site, step, sample, element).
 * They have no inputs, and no gradient flows to anywhere.
 */
import { binaryOps } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import type { Shape } from '../tensor/shape.ts';
import type { LowerContext, Op } from './define-op.ts';
import { type DropoutRate, rateAddress } from './dropout-rate.ts';
import { type DrawAttrs, drawnRows, drawTiles } from './random-rows.ts';

interface NoiseAttrs extends DrawAttrs {
  readonly shape: Shape;
}

/** The rows of a value without inputs are its own samples. */
function ownRows(node: Node, _split: readonly boolean[], batch: number): boolean {
  return (node.shape[0] ?? 1) % batch === 0;
}

/** Emits the deviates of the task's rows; where they are and how many. */
function draw(node: Node<NoiseAttrs>, at: LowerContext): { out: number; count: number } {
  const { rows, n, firstRow, key, skippedBytes } = drawnRows(node, at, node.attrs);
  const out = at.start(node) + skippedBytes;
  at.call('uniformRows', out, rows, n, firstRow, key, at.control.step, node.attrs.site);
  return { out, count: rows * n };
}

/** Uniform in (0, 1), in steps of 2⁻³² (2⁻²⁴ above a half). */
const noise: Op<NoiseAttrs> = {
  name: 'noise',
  infer: (_inputs, { shape }) => ({ shape, dtype: 'f32' }),
  drawsAnew: true,
  samplewise: ownRows,
  layout: () => ({ inputs: [], output: 'channelsLast' }),
  tiles: drawTiles,
  lower(node, at) {
    draw(node, at);
  },
};

/** 1 with the probability of the rate (of kind `bernoulli`), else 0. */
const bernoulli: Op<NoiseAttrs & { rate: DropoutRate }> = {
  ...(noise as Op<NoiseAttrs & { rate: DropoutRate }>),
  name: 'bernoulli',
  lower(node, at) {
    const { out, count } = draw(node, at);
    const leastBelow = rateAddress(node.attrs.rate, at) + 4;
    at.call('binaryPeriodic', binaryOps.greater, out, leastBelow, out, count, 1);
  },
};

export function noiseNode(shape: Shape, attrs: DrawAttrs): Node {
  return makeNode(noise, [], { ...attrs, shape });
}

export function bernoulliNode(shape: Shape, attrs: DrawAttrs & { rate: DropoutRate }): Node {
  return makeNode(bernoulli, [], { ...attrs, shape });
}
