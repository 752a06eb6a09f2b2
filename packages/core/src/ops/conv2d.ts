/**
 * 2-D convolution, channels-last. 3×3 kernels on enough channels run by Winograd's F(2×2, 3×3); everything else by indirection: a table
 * gives, for every output pixel and kernel tap, where the input's channels lie (or that they are padding), so one kernel serves every
 * stride, padding and dilation, and the gradient to the input too.
 */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape } from '../tensor/shape.ts';
import { depthwiseNode, isDepthwise, lowerDepthwise } from './conv-depthwise.ts';
import {
  type Conv2dAttrs,
  checkedGeometry,
  forwardPack,
  forwardTable,
  geometryOf,
  mergedTaps,
} from './conv-geometry.ts';
import { forwardByWinograd, lowerWinograd } from './conv-winograd.ts';
import { inputGradient, weightGradient } from './conv2d-gradients.ts';
import { keepsRows, type Op } from './define-op.ts';
import { biasGradient } from './matmul.ts';
import { packedGroupBytes, packNode } from './pack-weights.ts';
import { winogradNode } from './winograd-weights.ts';

export type { Pair } from './conv-geometry.ts';

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
  lower(node, at) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node?];
    const g = geometryOf(x.shape, weight.shape, node.attrs);
    const samples = at.count * (node.shape[0]! / at.total);
    if (isDepthwise(g)) {
      lowerDepthwise(node, at, { g, from: x, bias: bias ? at.base(bias) : 0, backward: false });
      return;
    }
    if (forwardByWinograd(g)) {
      const [from, u, out] = [at.start(x), at.base(at.prepared(0)), at.start(node)];
      const { input, padding, output, inputs, outputs } = g;
      const shape = { samples, input, padding, channels: inputs, output, outputs };
      lowerWinograd(at, { x: from, u, bias: bias ? at.base(bias) : 0, out, ...shape });
      return;
    }
    const { taps, k } = mergedTaps(g);
    const table = at.constant('table', () => forwardTable(g));
    const zeros = at.constant('zeros', () => new Int32Array(k));
    const packed = at.prepared(0);
    const tmp = at.scratch(256);
    const [pixelsIn, pixelsOut] = [g.input[0] * g.input[1], g.output[0] * g.output[1]];
    for (let group = 0; group < g.groups; group++) {
      at.call(
        'convRows',
        at.start(x) + group * g.groupInputs * 4,
        pixelsIn * g.inputs * 4,
        table,
        taps,
        k,
        at.base(packed) + group * packedGroupBytes(packed),
        bias ? at.base(bias) + group * g.groupOutputs * 4 : 0,
        at.start(node) + group * g.groupOutputs * 4,
        pixelsOut * g.outputs * 4,
        g.outputs * 4,
        samples,
        pixelsOut,
        g.groupOutputs,
        zeros,
        tmp,
      );
    }
  },
};
