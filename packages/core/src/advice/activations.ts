/** Which nodes are activation functions, by their op or by the class of the layer that made them, and what they give. */
import { makeNode, type Node } from '../graph/node.ts';
import type { Module } from '../nn/module.ts';
import { tensor } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';

const known: ReadonlySet<string> = new Set([
  'relu',
  'relu6',
  'leakyrelu',
  'prelu',
  'elu',
  'celu',
  'selu',
  'gelu',
  'gelutanh',
  'silu',
  'mish',
  'softplus',
  'softsign',
  'tanh',
  'sigmoid',
  'logsigmoid',
  'hardtanh',
  'hardsigmoid',
  'hardswish',
]);

/** f(a·x) = a·f(x) for every a ≥ 0: scaling and masking before or after them is the same. */
const homogeneous: ReadonlySet<string> = new Set(['relu', 'leakyrelu', 'prelu']);

/** The name in small letters, without separators; undefined where the node is no activation. */
export function activationOf(node: Node, module: Module | undefined): string | undefined {
  const ofLayer = module?.namedChildren().next().done === true ? module.constructor.name : undefined;
  return [ofLayer, node.attrs?.name, node.op.name]
    .filter((name) => typeof name === 'string')
    .map((name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
    .find((name) => known.has(name));
}

/** Whether dropout before the activation gives the same values as after it, for the same mask. */
export function commutesWithDropout(activation: string): boolean {
  return homogeneous.has(activation);
}

/**
 * The activation's values at some points: by its layer where a layer of that name made the node, else by its op. Undefined where the
 * layer does not take a tensor of rank 1.
 */
export function valuesAt(node: Node, module: Module | undefined, points: readonly number[]): number[] | undefined {
  const x = tensor(points);
  const byLayer = activationOf({ ...node, attrs: {}, op: { ...node.op, name: '' } }, module) !== undefined;
  try {
    const y = byLayer ? module!.forward(x) : new Tensor(makeNode(node.op, [x.node], node.attrs));
    return y.size === points.length ? Array.from(y.data) : undefined;
  } catch {
    return undefined;
  }
}
