/** Products of labelled tensors, summed over labels: what `einsum` computes. */
import { makeNode, type Node } from '../graph/node.ts';
import { sizeOf } from '../tensor/shape.ts';
import { batchedProduct } from './batched-product.ts';
import { expandNode, sumNode } from './broadcast.ts';
import { binaryNode } from './elementwise.ts';
import { diagonalNode } from './rearrange.ts';
import { rowsProduct } from './rows-product.ts';
import { permuteNode, reshapeNode } from './shape-ops.ts';

/** A value whose axes have names. */
export interface Labelled {
  readonly node: Node;
  readonly labels: readonly string[];
}

/** Σ over all labels that `output` lacks of the product of the operands, with axes in the order of `output`. */
export function contract(operands: readonly Labelled[], output: readonly string[]): Node {
  const [first, ...rest] = operands.map(withoutRepeats) as [Labelled, ...Labelled[]];
  let result = first;
  rest.forEach((operand, i) => {
    const later = new Set([...output, ...rest.slice(i + 1).flatMap(({ labels }) => labels)]);
    result = product(result, operand, later);
  });
  const summed = sumOver(result, (label) => !output.includes(label));
  return inOrder(summed, output);
}

/** A label that names two axes takes their diagonal; an axis of extent 1 is spread first. */
function withoutRepeats(operand: Labelled): Labelled {
  const { node, labels } = operand;
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return operand;
  const first = labels.indexOf(labels[second]!);
  const extent = Math.max(node.shape[first]!, node.shape[second]!);
  const square = expandNode(
    node,
    node.shape.map((own, axis) => (axis === first || axis === second ? extent : own)),
  );
  const kept = labels.filter((_, axis) => axis !== first && axis !== second);
  return withoutRepeats({ node: diagonalNode(square, [first, second], 0), labels: [...kept, labels[second]!] });
}

function sumOver({ node, labels }: Labelled, gone: (label: string) => boolean): Labelled {
  const axes = labels.flatMap((label, axis) => (gone(label) ? [axis] : []));
  if (axes.length === 0) return { node, labels };
  return { node: sumNode(node, { axes, keepDims: false }), labels: labels.filter((label) => !gone(label)) };
}

function inOrder({ node, labels }: Labelled, order: readonly string[]): Node {
  return permuteNode(
    node,
    order.map((label) => labels.indexOf(label)),
  );
}

/** The product of two, summed over labels that neither the result nor a later operand has. */
function product(left: Labelled, right: Labelled, later: ReadonlySet<string>): Labelled {
  const a = sumOver(left, (label) => !later.has(label) && !right.labels.includes(label));
  const b = sumOver(right, (label) => !later.has(label) && !left.labels.includes(label));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => later.has(label));
  const summed = shared.filter((label) => !later.has(label));
  const ofA = a.labels.filter((label) => !shared.includes(label));
  const ofB = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...ofA, ...ofB];
  if (summed.length === 0) return { node: spreadProduct(a, b, labels), labels };
  if (ofA.length === 0 && ofB.length === 0) {
    const both = { node: spreadProduct(a, b, shared), labels: shared };
    return sumOver(both, (label) => summed.includes(label));
  }
  const extentOf = (label: string) => {
    const [x, y] = [a, b].map(({ node, labels: own }) => node.shape[own.indexOf(label)] ?? 1) as [number, number];
    return x === 1 ? y : x;
  };
  const size = (names: readonly string[]) => sizeOf(names.map(extentOf));
  const lay = (x: Labelled, order: readonly string[]) => expandNode(inOrder(x, order), order.map(extentOf));
  const [m, k, n] = [size(ofA), size(summed), size(ofB)];
  // The right operand is taken transposed where its axes lie that way already.
  const transposed = inOneRow(b.labels, [...batch, ...ofB, ...summed]);
  const rightOrder = transposed ? [...batch, ...ofB, ...summed] : [...batch, ...summed, ...ofB];
  const [x, y] = [lay(a, [...batch, ...ofA, ...summed]), lay(b, rightOrder)];
  const matrix = transposed ? [n, k] : [k, n];
  let node: Node;
  if (batch.length === 0) {
    const operands = [reshapeNode(x, [m, k]), reshapeNode(y, matrix)];
    node = makeNode(rowsProduct, operands, { transposed, where: 'einsum' });
  } else {
    const lead = size(batch);
    const operands = [reshapeNode(x, [lead, m, k]), reshapeNode(y, [lead, ...matrix])];
    node = makeNode(batchedProduct, operands, { transposeA: false, transposeB: transposed });
  }
  return { node: reshapeNode(node, labels.map(extentOf)), labels };
}

/** Whether labels stand in this order already. */
function inOneRow(labels: readonly string[], order: readonly string[]): boolean {
  return labels.every((label, axis) => label === order[axis]);
}

/** The product of all elements with all, axes of `labels`; nothing is summed. */
function spreadProduct(a: Labelled, b: Labelled, labels: readonly string[]): Node {
  const spread = ({ node, labels: own }: Labelled) => {
    const order = labels.filter((label) => own.includes(label));
    const shape = labels.map((label) => (own.includes(label) ? node.shape[own.indexOf(label)]! : 1));
    return reshapeNode(inOrder({ node, labels: own }, order), shape);
  };
  return binaryNode('mul', spread(a), spread(b));
}
