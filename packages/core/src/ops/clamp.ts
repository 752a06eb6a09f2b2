/** Limits to a range, and combinations of three values. */
import { binaryOps } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type Op, samplewiseElements } from './define-op.ts';
import { binaryNode, unaryNode } from './elementwise.ts';
import { constantOf, fullNode } from './source.ts';
import { elementRange, elementTiles } from './tiles.ts';
import { whereNode } from './where.ts';

export interface ClampAttrs {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** min(max(x, attrs.min), attrs.max); the gradient passes within the limits and at them. */
const clamp: Op<ClampAttrs> = {
  name: 'clamp',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient(node, dy) {
    const x = node.inputs[0]!;
    const { min, max } = node.attrs;
    const inside = [
      ...(min === undefined ? [] : [binaryNode('greaterEqual', x, fullNode([], min))]),
      ...(max === undefined ? [] : [binaryNode('lessEqual', x, fullNode([], max))]),
    ].reduce((a, b) => binaryNode('mul', a, b));
    return [whereNode(inside, dy, fullNode([], 0))];
  },
  samplewise: samplewiseElements,
  layout: () => 'same',
  tiles: elementTiles,
  lower(node, at) {
    const { min, max } = node.attrs;
    const { first, count, out } = elementRange(node, at);
    const limit = (value: number) => at.constant(`limit ${value}`, () => new Float32Array([value]));
    let from = at.base(node.inputs[0]!) + first * 4;
    if (min !== undefined) at.call('binaryPeriodic', binaryOps.maximum, from, limit(min), out, count, 1);
    if (min !== undefined) from = out;
    if (max !== undefined) at.call('binaryPeriodic', binaryOps.minimum, from, limit(max), out, count, 1);
  },
};

export function clampNode(x: Node, limits: ClampAttrs): Node {
  return makeNode(clamp, [x], limits);
}

/** The same with limits that are tensors: each limit gets the gradient of the elements that it replaced. */
export function clampToNode(x: Node, min: Node | undefined, max: Node | undefined): Node {
  const low = min ? whereNode(binaryNode('less', x, min), min, x) : x;
  return max ? whereNode(binaryNode('greater', low, max), max, low) : low;
}

/** start + weight · (end − start), from the nearer end, as PyTorch computes it. */
export function lerpNode(start: Node, end: Node, weight: Node): Node {
  const difference = binaryNode('sub', end, start);
  const number = constantOf(weight);
  const fromStart = () => binaryNode('add', binaryNode('mul', difference, weight), start);
  const fromEnd = () =>
    binaryNode('sub', end, binaryNode('mul', difference, binaryNode('rsub', weight, fullNode([], 1))));
  if (number !== undefined) return Math.abs(number) < 0.5 ? fromStart() : fromEnd();
  return whereNode(binaryNode('less', unaryNode('abs', weight), fullNode([], 0.5)), fromStart(), fromEnd());
}
