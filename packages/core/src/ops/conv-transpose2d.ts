/** Transposed 2-D convolution: the gradient of a convolution to its input, as a product of its own, with its gradients. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { biasGradient } from './bias-gradient.ts';
import { type Conv2dAttrs, geometryOf } from './conv-geometry.ts';
import { conv2d } from './conv2d.ts';
import { inputGradient } from './conv2d-input-gradient.ts';
import { weightGradient } from './conv2d-weight-gradient.ts';
import type { Op } from './define-op.ts';

/** x [B, C, H, W], weight [C, O/groups, kH, kW] (, bias [O]) → `input`, the shape [B, O, OH, OW] that the convolution would take to x. */
const convTranspose2d: Op<Conv2dAttrs & { input: Shape }> = {
  ...inputGradient,
  name: 'convTranspose2d',
  gradient(node, dy) {
    const [x, weight, bias] = node.inputs as [Node, Node, Node?];
    const { input: _, ...attrs } = node.attrs;
    const dx = makeNode(conv2d, [dy, weight], attrs);
    const dWeight = makeNode(weightGradient, [dy, x], { ...attrs, weight: weight.shape });
    return bias ? [dx, dWeight, makeNode(biasGradient, [dy], { channelAxis: 1 })] : [dx, dWeight];
  },
};

export type TransposeAttrs = Omit<Conv2dAttrs, 'output'> & { readonly outputPadding: readonly [number, number] };

/** @throws ShapeError where operands do not fit. */
export function convTranspose2dNode(
  operands: { x: Node; weight: Node; bias: Node | undefined },
  options: TransposeAttrs,
): Node {
  const { x, weight, bias } = operands;
  const { outputPadding, ...attrs } = options;
  const { where, groups, stride, padding, dilation } = attrs;
  const [samples, channels, ...extents] = x.shape as [number, number, ...number[]];
  if (x.shape.length !== 4 || channels !== weight.shape[0]) {
    throw new ShapeError(
      `${where}: expected an input of shape [B, ${weight.shape[0]}, H, W] or [${weight.shape[0]}, H, W], got ${formatShape(x.shape)}`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(
      `${where}: groups ${groups} must divide the ${channels} input channels of the weight ${formatShape(weight.shape)}`,
    );
  }
  const outputs = weight.shape[1]! * groups;
  const kernel = weight.shape.length === 3 ? [1, weight.shape[2]!] : weight.shape.slice(2);
  const output = extents.map((extent, axis) => {
    const reach = dilation[axis]! * (kernel[axis]! - 1) + 1;
    return (extent - 1) * stride[axis]! - 2 * padding[axis]! + reach + outputPadding[axis]!;
  });
  if (output.some((extent) => extent < 1)) {
    throw new ShapeError(
      `${where}: a kernel of ${kernel.join('×')} (stride ${stride.join('×')}, padding ${padding.join('×')}) leaves no pixels of an input of ${extents.join('×')}; use larger images or less padding`,
    );
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outputs))
    throw new ShapeError(`${where}: expected a bias of shape [${outputs}], got ${formatShape(bias.shape)}`);
  const input = [samples, outputs, ...output];
  // Output padding of a stride or more: the convolution could take one step more than x has pixels.
  const natural = geometryOf(input, weight.shape, attrs).output;
  const fits = natural.every((extent, axis) => extent === extents[axis]);
  const taken = fits ? {} : { output: extents as unknown as readonly [number, number] };
  return makeNode(convTranspose2d, bias ? [x, weight, bias] : [x, weight], { ...attrs, ...taken, input });
}
