/** The gradient of a 2-D convolution to its input. */
import type { Node } from '../graph/node.ts';
import type { Shape } from '../tensor/shape.ts';
import { depthwiseNode, isDepthwise, lowerDepthwise } from './conv-depthwise.ts';
import { backwardPack, backwardTable, type Conv2dAttrs, geometryOf, productFlops } from './conv-geometry.ts';
import { lowerConvRows } from './conv-rows.ts';
import { backwardByWinograd, backwardProduct, lowerWinograd } from './conv-winograd.ts';
import { keepsRows, type Op } from './define-op.ts';
import { packNode } from './pack-weights.ts';
import { winogradNode } from './winograd-weights.ts';

/**
 * dx [B, C, H, W] from dy [B, O, OH, OW] and the weight: the same product, over taps and output channels; + bias [C] for transposed
 * convolutions.
 */
export const inputGradient: Op<Conv2dAttrs & { input: Shape }> = {
  name: 'conv2dInputGradient',
  infer: (_inputs, { input }) => ({ shape: input, dtype: 'f32' }),
  samplewise: (node, split, batch) => split[0] === true && !split[1] && !split[2] && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'row', 'row'], output: 'channelsLast' }),
  prepare(node) {
    const weight = node.inputs[1]!;
    const g = geometryOf(node.attrs.input, weight.shape, node.attrs);
    if (isDepthwise(g)) return [depthwiseNode(weight, g)];
    return [backwardByWinograd(g) ? winogradNode(weight, { transposed: true }) : packNode(weight, backwardPack(g))];
  },
  flops: (node) => productFlops(geometryOf(node.shape, node.inputs[1]!.shape, node.attrs), node.shape[0]!),
  explain({ inputs, attrs }) {
    const g = geometryOf(attrs.input, inputs[1]!.shape, attrs);
    if (isDepthwise(g)) return 'depthwise: over channels';
    if (backwardByWinograd(g)) return `3×3 on ${g.outputs} channels: Winograd`;
    return g.groups === 1 ? 'pixel by pixel through a table' : `${g.groups} groups, one after the other`;
  },
  lower(node, at) {
    const [dy, weight, b] = node.inputs as [Node, Node, Node?];
    const g = geometryOf(node.shape, weight.shape, node.attrs);
    const bias = b ? at.base(b) : 0;
    const samples = at.count * (node.shape[0]! / at.total);
    const packed = at.prepared(0);
    if (isDepthwise(g)) {
      lowerDepthwise(node, at, { g, from: dy, bias, backward: true });
    } else if (backwardByWinograd(g)) {
      // Also where dy has many zeros: at half of them it is still faster than skipping.
      const product = { x: at.start(dy), u: at.base(packed), bias, out: at.start(node), samples };
      lowerWinograd(at, { ...product, ...backwardProduct(g) });
    } else {
      lowerConvRows(at, {
        x: { at: at.start(dy), pixels: g.output[0] * g.output[1], channels: g.outputs },
        out: { at: at.start(node), pixels: g.input[0] * g.input[1], channels: g.inputs },
        ...{
          samples,
          groups: g.groups,
          taps: g.taps,
          k: g.groupOutputs,
          table: () => backwardTable(g),
          packed,
          bias,
        },
      });
    }
  },
};
