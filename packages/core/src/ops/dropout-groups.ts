/**
 * Dropout with one decision for a group of elements: whole channels, features over time, samples, or elements one by one, with or without
 * the affine correction of alpha dropout. Masks are those of `dropout` on as many elements as there are groups, so nothing is stored.
 */
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { type Layout, type Op, samplewiseRows } from './define-op.ts';
import type { DropoutAttrs } from './dropout.ts';
import { rateAddress } from './dropout-rate.ts';
import { drawnRows, drawTiles } from './random-rows.ts';

/**
 * What is kept or dropped together in a sample: `element`: each on its own. `channel`: what has one index of axis 1. `feature`: what has one
 * index of the last axis. `sample`: all of it.
 */
export type DropoutGroup = 'element' | 'channel' | 'feature' | 'sample';

export interface DropoutGroupsAttrs extends DropoutAttrs {
  readonly group: DropoutGroup;
  /** Whether the rate's offset and value of dropped elements count; otherwise both are 0. */
  readonly corrected: boolean;
}

/** Bytes of scratch that the kernel asks for. */
const scratchBytes = 2176;

export const dropoutGroups: Op<DropoutGroupsAttrs> = {
  name: 'dropoutGroups',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  // The derivative of x·scale + offset is the scale, of a constant 0.
  gradient: (node, dy) => [makeNode(dropoutGroups, [dy], { ...node.attrs, corrected: false })],
  drawsAnew: true,
  samplewise: samplewiseRows,
  // Elements are numbered channels-last, as in dropout; a decision on a channel or a sample is the same in both layouts.
  layout({ attrs: { group } }) {
    if (group === 'element') return { inputs: ['channelsLast'], output: 'channelsLast' };
    return group === 'feature' ? { inputs: ['row'], output: 'row' } : 'same';
  },
  tiles: drawTiles,
  lower(node, at) {
    const { rate, site, corrected } = node.attrs;
    const { rows, firstRow, key, skippedBytes } = drawnRows(node, at, node.attrs);
    const [x, out] = [at.start(node.inputs[0]!) + skippedBytes, at.start(node) + skippedBytes];
    const extents = at.constant('extents', () => Int32Array.of(...extentsOf(node, at.layout(node)), corrected ? 1 : 0));
    const draw = [key, at.control.step, site, rateAddress(rate, at), at.scratch(scratchBytes)] as const;
    at.call('dropoutGroups', x, out, rows, extents, firstRow, ...draw);
  },
};

/** A sample as [outer, groups, inner]. */
function extentsOf({ shape, attrs }: Node<DropoutGroupsAttrs>, layout: Layout): [number, number, number] {
  const n = sizeOf(shape.slice(1));
  switch (attrs.group) {
    case 'element':
      return [1, n, 1];
    case 'sample':
      return [1, 1, n];
    case 'feature': {
      const features = shape.at(-1)!;
      return [features === 0 ? 0 : n / features, features, 1];
    }
    case 'channel': {
      const channels = shape[1]!;
      const pixels = channels === 0 ? 0 : n / channels;
      return layout === 'channelsLast' ? [pixels, channels, 1] : [1, channels, pixels];
    }
    default:
      return attrs.group satisfies never;
  }
}
