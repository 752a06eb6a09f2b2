/** Replaces chains of ops by one fused op, before gradients are taken, so that the gradients are the fused ones too. */

import { type BatchNormAttrs, batchNorm } from '../ops/batch-norm.ts';
import type { Conv2dAttrs } from '../ops/conv-geometry.ts';
import { convPool2d } from '../ops/conv-pool2d.ts';
import { conv2d } from '../ops/conv2d.ts';
import type { Op } from '../ops/define-op.ts';
import { maxPool2d, type PoolAttrs } from '../ops/pool2d.ts';
import { makeNode, type Node, topologicalOrder } from './node.ts';

/**
 * The same values, as one op where nothing else reads between: convolution → ReLU → 2×2 max pooling (ReLU and pooling in either order),
 * and batch normalisation → ReLU.
 */
export function fuse(roots: readonly Node[]): Node[] {
  const order = topologicalOrder(roots);
  const users = new Map<Node, number>();
  for (const node of order) for (const input of node.inputs) users.set(input, (users.get(input) ?? 0) + 1);
  for (const root of roots) users.set(root, (users.get(root) ?? 0) + 1);
  const replaced = new Map<Node, Node>();
  for (const node of order) {
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const convolution = convolutionOf(node, users);
    if (convolution) {
      const from = convolution.inputs.map((input) => replaced.get(input)!);
      replaced.set(node, makeNode(convPool2d, from, convolution.attrs));
    } else if (isRelu(node) && isNormalisation(node.inputs[0]!, users)) {
      const { inputs: from, attrs } = replaced.get(node.inputs[0]!)! as Node<BatchNormAttrs>;
      replaced.set(node, makeNode(batchNorm, from, { ...attrs, relu: true }));
    } else if (node.storage || inputs.every((input, i) => input === node.inputs[i])) replaced.set(node, node);
    else replaced.set(node, { ...node, inputs });
  }
  return roots.map((root) => replaced.get(root)!);
}

/** The convolution at the start of a chain that ends in `node`, if the whole chain can be one op. */
function convolutionOf(node: Node, users: ReadonlyMap<Node, number>): Node<Conv2dAttrs> | undefined {
  const alone = (inner: Node | undefined): inner is Node =>
    inner !== undefined && !inner.storage && users.get(inner) === 1;
  const second = node.inputs[0];
  if (node.storage || !alone(second)) return undefined;
  const [pool, relu] = node.op === (maxPool2d as Op<unknown>) ? [node, second] : [second, node];
  if (pool.op !== (maxPool2d as Op<unknown>) || !isRelu(relu) || !isHalving(pool.attrs)) return undefined;
  const first = second.inputs[0];
  return alone(first) && first.op === (conv2d as Op<unknown>) && isPlain(first) ? first : undefined;
}

/** A batch normalisation that only one node reads. */
function isNormalisation(node: Node, users: ReadonlyMap<Node, number>): boolean {
  return node.op === (batchNorm as Op<unknown>) && !node.storage && users.get(node) === 1 && !node.attrs.relu;
}

function isRelu(node: Node): boolean {
  return node.op.name === 'unary' && node.attrs.name === 'relu';
}

function isHalving({ kernel, stride, padding, dilation, ceilMode }: PoolAttrs): boolean {
  const all = (pair: readonly number[], value: number) => pair.every((part) => part === value);
  return all(kernel, 2) && all(stride, 2) && all(padding, 0) && all(dilation, 1) && !ceilMode;
}

function isPlain(node: Node<Conv2dAttrs>): boolean {
  const { stride, padding, dilation, groups, output } = node.attrs;
  const [h, w, ph, pw] = [...stride, ...padding] as [number, number, number, number];
  return (
    h === 1 &&
    w === 1 &&
    ph === 0 &&
    pw === 0 &&
    dilation.every((part) => part === 1) &&
    groups === 1 &&
    output === undefined &&
    node.inputs.length === 3
  );
}
