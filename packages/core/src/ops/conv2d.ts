/**
 * 2-D convolution, channels-last. 3×3 kernels on enough channels run by Winograd's F(2×2, 3×3); everything else by indirection: a table
 * gives, for every output pixel and kernel tap, where the input's channels lie (or that they are padding), so one kernel serves every
 * stride, padding and dilation, and the gradient to the input too.
 */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape } from '../tensor/shape.ts';
import { biasGradient } from './bias-gradient.ts';
import { depthwiseNode, isDepthwise, lowerDepthwise } from './conv-depthwise.ts';
import {
  type Conv2dAttrs,
  checkedGeometry,
  forwardPack,
  forwardTable,
  geometryOf,
  mergedTaps,
  productFlops,
} from './conv-geometry.ts';
import { lowerConvRows } from './conv-rows.ts';
import { forwardByWinograd, forwardProduct, lowerWinograd } from './conv-winograd.ts';
import { inputGradient } from './conv2d-input-gradient.ts';
import { weightGradient } from './conv2d-weight-gradient.ts';
import { keepsRows, type Op } from './define-op.ts';
import { packNode } from './pack-weights.ts';
import { winogradNode } from './winograd-weights.ts';

/** x [B, C, H, W] * weight [O, C/groups, kH, kW] + bias [O] → [B, O, OH, OW]. */
export const conv2d: Op<Conv2dAttrs> = {
  name: 'conv2d',
  infer([x, weight, bias], attrs) {
    const g = checkedGeometry(x!, weight!, attrs);
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== g.outputs)) {
      throw new ShapeError(`${attrs.where}: expected a bias of shape [${g.outputs}], got ${formatShape(bias.shape)}`);
    }
    return { shape: [x!.shape[0]!, g.outputs, ...g.output], dtype: 'f32' };
  },
  gradient(node, dy) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node?];
    const dx = makeNode(inputGradient, [dy, weight], { ...node.attrs, input: x.shape });
    const dWeight = makeNode(weightGradient, [x, dy], { ...node.attrs, weight: weight.shape });
    return bias ? [dx, dWeight, makeNode(biasGradient, [dy], { channelAxis: 1 })] : [dx, dWeight];
  },
  samplewise: (node, split, batch) => split[0] === true && !split[1] && !split[2] && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'row', 'row'], output: 'channelsLast' }),
  prepare(node) {
    const [x, weight] = node.inputs as [Node, Node, Node?];
    const g = geometryOf(x.shape, weight.shape, node.attrs);
    if (isDepthwise(g)) return [depthwiseNode(weight, g)];
    return [forwardByWinograd(g) ? winogradNode(weight) : packNode(weight, forwardPack(g))];
  },
  flops: ({ inputs: [x, weight], attrs }) => productFlops(geometryOf(x!.shape, weight!.shape, attrs), x!.shape[0]!),
  explain({ inputs, attrs }) {
    const g = geometryOf(inputs[0]!.shape, inputs[1]!.shape, attrs);
    if (isDepthwise(g)) return 'depthwise: over channels';
    if (forwardByWinograd(g)) return `3×3 on ${g.inputs} channels: Winograd`;
    return g.groups === 1 ? 'pixel by pixel through a table' : `${g.groups} groups, one after the other`;
  },
  lower(node, at) {
    const [x, weight, b] = node.inputs as [Node, Node, Node?];
    const g = geometryOf(x.shape, weight.shape, node.attrs);
    const samples = at.count * (node.shape[0]! / at.total);
    const bias = b ? at.base(b) : 0;
    const packed = at.prepared(0);
    if (isDepthwise(g)) {
      lowerDepthwise(node, at, { g, from: x, bias, backward: false });
    } else if (forwardByWinograd(g)) {
      const product = { x: at.start(x), u: at.base(packed), bias, out: at.start(node), samples };
      lowerWinograd(at, { ...product, ...forwardProduct(g) });
    } else {
      lowerConvRows(at, {
        x: { at: at.start(x), pixels: g.input[0] * g.input[1], channels: g.inputs },
        out: { at: at.start(node), pixels: g.output[0] * g.output[1], channels: g.outputs },
        ...{ samples, groups: g.groups, ...mergedTaps(g), table: () => forwardTable(g), packed, bias },
      });
    }
  },
};
