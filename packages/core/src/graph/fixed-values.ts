/**
 * Splits a graph into what is the same whenever it runs on a batch and what random draws reach, so that the first part runs once and the
 * second as often as one likes.
 */
import { type InputSource, input } from '../ops/source.ts';
import { sizeOf } from '../tensor/shape.ts';
import { makeNode, type Node, topologicalOrder } from './node.ts';
import { mayBeSparse } from './sparsity.ts';

/**
 * The values computed from the batch alone from which everything else that `roots` need is computed: those that a random value reads, and
 * roots that are not random. Empty where that saves nothing (they are inputs, or views of them) or cannot be done (a value is not f32 with
 * whole rows of axis 0 for each of `samples`).
 */
export function fixedValues(roots: readonly Node[], samples: number): Node[] {
  const random = new Set<Node>();
  const ofBatch = new Set<Node>();
  const read = new Set(roots);
  for (const node of topologicalOrder(roots)) {
    if (node.storage) continue;
    if (node.op.drawsAnew || node.inputs.some((from) => random.has(from))) random.add(node);
    if (node.op.name === 'input' || node.inputs.some((from) => ofBatch.has(from))) ofBatch.add(node);
    if (random.has(node)) for (const from of node.inputs) read.add(from);
  }
  const values = [...read].filter((node) => ofBatch.has(node) && !random.has(node));
  const saves = values.some((node) => !isInput(node));
  const fits = values.every(
    ({ dtype, shape }) => dtype === 'f32' && (shape[0] ?? 0) % samples === 0 && sizeOf(shape) > 0,
  );
  return saves && fits ? values : [];
}

/** The same roots, computed from stored values: `addresses` says where each of them lies, `samples` equal parts in logical order. */
export function computedFrom(roots: readonly Node[], addresses: ReadonlyMap<Node, number>, samples: number): Node[] {
  const replaced = new Map<Node, Node>();
  for (const [node, address] of addresses) {
    const { shape } = node;
    const source: InputSource = { kind: 'rows', address, sampleBytes: (4 * sizeOf(shape)) / samples };
    const attrs = { name: 'fixed', shape, dtype: 'f32' as const, source, sparse: mayBeSparse(node) };
    replaced.set(node, makeNode(input, [], attrs));
  }
  for (const node of topologicalOrder(roots)) {
    if (replaced.has(node)) continue;
    const inputs = node.storage ? node.inputs : node.inputs.map((from) => replaced.get(from)!);
    replaced.set(node, inputs.every((from, i) => from === node.inputs[i]) ? node : { ...node, inputs });
  }
  return roots.map((root) => replaced.get(root)!);
}

/** Whether it is an input, or one under another shape. */
function isInput(node: Node): boolean {
  let at = node;
  while (at.op.view?.(at) && at.inputs[0]) at = at.inputs[0];
  return at.op.name === 'input';
}
