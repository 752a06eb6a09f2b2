/** The matrix product as PyTorch's `matmul`: which of the products a pair of shapes asks for. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { broadcastShapes } from '../tensor/shape.ts';
import { batchedProduct } from './batched-product.ts';
import { expandNode } from './broadcast.ts';
import { rowsProduct } from './rows-product.ts';
import { reshapeNode } from './shape-ops.ts';

/** a · b: vectors are promoted to matrices, leading axes broadcast. */
export function matmulNode(a: Node, b: Node): Node {
  if (a.shape.length === 0 || b.shape.length === 0) throw new ShapeError('matmul: both tensors need at least one axis');
  const left = a.shape.length === 1 ? reshapeNode(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? reshapeNode(b, [...b.shape, 1]) : b;
  const result = productOf(left, right);
  const shape = [...result.shape];
  if (a.shape.length === 1) shape.splice(shape.length - 2, 1);
  if (b.shape.length === 1) shape.pop();
  return reshapeNode(result, shape);
}

function productOf(a: Node, b: Node): Node {
  if (b.shape.length === 2) return makeNode(rowsProduct, [a, b], { transposed: false, where: 'matmul' });
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'matmul');
  const left = expandNode(a, [...lead, ...a.shape.slice(-2)]);
  const right = expandNode(b, [...lead, ...b.shape.slice(-2)]);
  return makeNode(batchedProduct, [left, right], { transposeA: false, transposeB: false });
}
