/** Rows × matrix: linear layers, and products with a matrix. Every element is one sum in ascending order of the summed index. */
import { sparseListBytes } from '@lockstep/kernels';
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { mayBeSparse } from '../graph/sparsity.ts';
import { formatShape, lastOf, sizeOf } from '../tensor/shape.ts';
import { biasGradient } from './bias-gradient.ts';
import { keepsRows, type Op } from './define-op.ts';
import { explainSkipping, matrixGradient, sparseLength } from './matrix-gradient.ts';
import { type PackAttrs, packNode } from './pack-weights.ts';

interface RowsProductAttrs {
  /** The matrix is [N, K] (a linear layer's weight) instead of [K, N]. */
  readonly transposed: boolean;
  /** What to call it in errors. */
  readonly where: string;
}

/** x [… , K] · matrix ([K, N], or [N, K] transposed) + bias [N] → [… , N]. */
export const rowsProduct: Op<RowsProductAttrs> = {
  name: 'rowsProduct',
  infer([x, matrix, bias], { transposed, where }) {
    if (matrix!.shape.length !== 2)
      throw new ShapeError(`${where}: expected a matrix, got shape ${formatShape(matrix!.shape)}`);
    const [k, n] = transposed ? [matrix!.shape[1]!, matrix!.shape[0]!] : [matrix!.shape[0]!, matrix!.shape[1]!];
    if (x!.shape.length < 2 || lastOf(x!.shape) !== k) {
      throw new ShapeError(`${where}: expected an input of shape […, ${k}], got ${formatShape(x!.shape)}`);
    }
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== n)) {
      throw new ShapeError(`${where}: expected a bias of shape [${n}], got ${formatShape(bias.shape)}`);
    }
    return { shape: [...x!.shape.slice(0, -1), n], dtype: 'f32' };
  },
  gradient(node, dy) {
    const [x, matrix, bias] = node.inputs as [Node, Node, Node?];
    const { transposed, where } = node.attrs;
    const dx = makeNode(rowsProduct, [dy, matrix], { transposed: !transposed, where });
    const dMatrix = makeNode(matrixGradient, [x, dy], { transposed });
    return bias ? [dx, dMatrix, makeNode(biasGradient, [dy], { channelAxis: dy.shape.length - 1 })] : [dx, dMatrix];
  },
  samplewise: (node, split, batch) => split[0] === true && !split[1] && !split[2] && keepsRows(node, batch),
  blocks: (node) => (isLarge(node.inputs[1]!) ? blockGrid(node).length : 1),
  prepare(node) {
    return [packNode(node.inputs[1]!, packOf(node))];
  },
  flops: (node) => 2 * sizeOf(node.shape) * lastOf(node.inputs[0]!.shape),
  explain(node) {
    const zeros = explainSkipping(skipsZeros(node), mayBeSparse(node.inputs[0]!));
    return isLarge(node.inputs[1]!) ? `${zeros}; the matrix outgrows the cache: cut by columns` : zeros;
  },
  lower(node, at) {
    const [x, , bias] = node.inputs as [Node, Node, Node?];
    const k = lastOf(x.shape);
    const n = lastOf(node.shape);
    const all = { row: 0, rows: n === 0 ? 0 : at.elements(node) / n, column: 0, columns: n };
    const { row, rows, column, columns } = at.tile?.block === undefined ? all : blockGrid(node)[at.tile.block]!;
    const biasAt = bias ? at.base(bias) + column * 4 : 0;
    const w = at.base(at.prepared(0)) + column * k * 4;
    const from = at.start(x) + row * k * 4;
    const out = at.start(node) + (row * n + column) * 4;
    // Both give the same bits; lists of the nonzeros are faster where many elements are exactly zero.
    if (skipsZeros(node)) {
      const lists = at.scratch(sparseListBytes(rows, k));
      at.call('gemmRowsSparse', from, k * 4, w, biasAt, out, n * 4, rows, k, columns, lists);
    } else at.call('gemmRows', from, k * 4, w, biasAt, out, n * 4, rows, k, columns, at.scratch(256));
  },
};

/** How the matrix is packed: panels of 16 of its columns. */
function packOf(node: Node<RowsProductAttrs>): PackAttrs {
  const [rows, columns] = node.inputs[1]!.shape as [number, number];
  const [k2, k2Stride, n, nStride] = node.attrs.transposed ? [columns, 1, rows, columns] : [rows, columns, columns, 1];
  return {
    groups: 1,
    groupStride: 0,
    k1: 1,
    k1Stride: 0,
    k2,
    k2Stride,
    n,
    nStride,
    rowsAre: node.attrs.transposed ? 'n' : 'k2',
  };
}

/**
 * A matrix that does not stay in a core's cache would be streamed from memory once a shard. Such a product is cut by columns of the result
 * instead, in a phase of its own: each part of the matrix is read once for many rows. Which way is taken changes no bit.
 */
function isLarge(matrix: Node): boolean {
  return sizeOf(matrix.shape) >= largeMatrix;
}

/** 2 MiB of floats. */
const largeMatrix = 2 ** 19;
/** A block of the result: pairs of panels, at least four blocks a matrix, and enough rows for each to be worth its way from memory. */
const blockRows = 64;
const mostColumns = 256;

interface Block {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

function blockGrid(node: Node): Block[] {
  const n = lastOf(node.shape);
  const allRows = sizeOf(node.shape) / n;
  const blockColumns = Math.min(mostColumns, Math.ceil(n / 4 / 32) * 32);
  const grid: Block[] = [];
  for (let column = 0; column < n; column += blockColumns) {
    for (let row = 0; row < allRows; row += blockRows) {
      grid.push({ row, rows: Math.min(blockRows, allRows - row), column, columns: Math.min(blockColumns, n - column) });
    }
  }
  return grid;
}

/** Below this width of the result, making lists costs more than it saves. */
const sparseColumns = 32;

function skipsZeros({ inputs: [x], shape }: Node): boolean {
  return mayBeSparse(x!) && lastOf(x!.shape) >= sparseLength && lastOf(shape) >= sparseColumns;
}
