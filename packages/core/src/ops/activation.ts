/** Activations that are one kernel each way, with up to two parameters: x → op(x; a, b), and dy → dy · op′(x; a, b). */
import { activationOps, f32Bits } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import type { Op } from './define-op.ts';
import { reshapedFrom, reshapeNode } from './shape-ops.ts';

export type ActivationName = keyof typeof activationOps;

export interface ActivationAttrs {
  readonly name: ActivationName;
  /** Slope, alpha, beta or bound: `activationOps` says which. 0 where the operation has none. */
  readonly a: number;
  readonly b: number;
}

/** Elementwise, whichever operands are split: the others are read at the same place. */
const samplewise: Op<unknown>['samplewise'] = (node, split, batch) =>
  split.some(Boolean) && node.shape[0]! % batch === 0;

const activation: Op<ActivationAttrs> = {
  name: 'activation',
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(activationGradient, [dy, node.inputs[0]!], node.attrs)],
  samplewise,
  layout: () => 'same',
  lower(node, at) {
    const { name, a, b } = node.attrs;
    const [x, out] = [at.start(node.inputs[0]!), at.start(node)];
    at.call('activation', activationOps[name], x, out, at.elements(node), f32Bits(a), f32Bits(b));
  },
};

const activationGradient: Op<ActivationAttrs> = {
  name: 'activationGradient',
  infer: ([dy]) => ({ shape: dy!.shape, dtype: 'f32' }),
  samplewise,
  layout: () => 'same',
  lower(node, at) {
    const { name, a, b } = node.attrs;
    const [dy, x] = node.inputs.map((input) => at.start(input)) as [number, number];
    at.call('activationGrad', activationOps[name], dy, x, at.start(node), at.elements(node), f32Bits(a), f32Bits(b));
  },
};

/** The activation of every element; before a reshape rather than after it, so that images stay in their layout. */
export function activationNode(name: ActivationName, x: Node, parameters: { a?: number; b?: number } = {}): Node {
  const source = reshapedFrom(x);
  if (source) return reshapeNode(activationNode(name, source, parameters), x.shape);
  return makeNode(activation, [x], { name, a: parameters.a ?? 0, b: parameters.b ?? 0 });
}

/** |x| of a standard normal variable stays below it half of the time. */
const medianMagnitude = 0.67;

/** Whether about half of the results are exactly 0 for inputs around 0, as after ReLU. */
export function leavesZeros({ name, a, b }: ActivationAttrs): boolean {
  if (name === 'hardtanh') return a === 0;
  if (name === 'threshold') return a >= 0 && b === 0;
  return (name === 'softshrink' || name === 'hardshrink') && a >= medianMagnitude;
}

/** Whether about half of the derivatives are exactly 0 for inputs around 0. */
export function masksGradient(attrs: ActivationAttrs): boolean {
  return leavesZeros(attrs) || (attrs.name === 'threshold' && attrs.a >= 0);
}
