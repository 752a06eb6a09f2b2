/** Reverse-mode differentiation: adds the nodes that compute the gradients of one scalar to a graph. */
import { TensorStateError } from '../errors.ts';
import { binaryNode } from '../ops/elementwise.ts';
import { type Node, topologicalOrder, writtenAfter } from './node.ts';

/**
 * The gradients of Σ (root · seed) with respect to each target, null where root does not depend on it. Contributions of several
 * users are added in the order in which the users were made, last first.
 */
export function gradients(root: Node, seed: Node, targets: readonly Node[]): (Node | null)[] {
  const wanted = new Set(targets);
  const order = topologicalOrder([root], { throughStored: true });
  const needed = new Set<Node>();
  for (const node of order) {
    if (wanted.has(node) || node.inputs.some((input) => needed.has(input))) needed.add(node);
  }
  const collected = new Map<Node, Node>();
  if (needed.has(root)) collected.set(root, seed);
  for (const node of order.reverse()) {
    const dy = collected.get(node);
    if (!dy || node.inputs.length === 0 || !node.inputs.some((input) => needed.has(input))) continue;
    if (!node.op.gradient) {
      if (node.dtype !== 'f32') continue;
      throw new TypeError(`${node.op.name}: has no gradient; detach() its input if none should flow through it`);
    }
    for (const input of node.inputs) {
      if (!writtenAfter(input, node)) continue;
      throw new TensorStateError(
        `backward: an input of ${node.op.name} was changed in place after it was used; run the forward computation again`,
      );
    }
    const inputGradients = node.op.gradient(node, dy);
    node.inputs.forEach((input, i) => {
      const gradient = inputGradients[i];
      if (!gradient || !needed.has(input)) return;
      const before = collected.get(input);
      collected.set(input, before ? binaryNode('add', before, gradient) : gradient);
    });
  }
  return targets.map((target) => collected.get(target) ?? null);
}
