/**
 * Products: rows × matrix (linear layers and 2-D matmul), the gradient of the matrix, the gradient of a bias, and batched matmul.
 * Every element is one sum in ascending order of the summed index.
 */
import { sparseListBytes } from '@lockstep/kernels';
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { mayBeSparse } from '../graph/sparsity.ts';
import { formatShape, type Shape, sizeOf } from '../tensor/shape.ts';
import { keepsRows, type LowerContext, type Op, type Tile, wholeBatch } from './define-op.ts';
import { type PackAttrs, packNode } from './pack-weights.ts';

interface RowsProductAttrs {
  /** The matrix is [N, K] (a linear layer's weight) instead of [K, N]. */
  readonly transposed: boolean;
  /** What to call it in errors. */
  readonly where: string;
}

const last = (shape: Shape): number => shape[shape.length - 1]!;

/** x [… , K] · matrix ([K, N], or [N, K] transposed) + bias [N] → [… , N]. */
export const rowsProduct: Op<RowsProductAttrs> = {
  name: 'rowsProduct',
  infer([x, matrix, bias], { transposed, where }) {
    if (matrix!.shape.length !== 2)
      throw new ShapeError(`${where}: expected a matrix, got shape ${formatShape(matrix!.shape)}`);
    const [k, n] = transposed ? [matrix!.shape[1]!, matrix!.shape[0]!] : [matrix!.shape[0]!, matrix!.shape[1]!];
    if (x!.shape.length < 2 || last(x!.shape) !== k) {
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
    const matrix = node.inputs[1]!;
    const [rows, columns] = matrix.shape as [number, number];
    const attrs: PackAttrs = node.attrs.transposed
      ? {
          groups: 1,
          groupStride: 0,
          k1: 1,
          k1Stride: 0,
          k2: columns,
          k2Stride: 1,
          n: rows,
          nStride: columns,
          rowsAre: 'n',
        }
      : {
          groups: 1,
          groupStride: 0,
          k1: 1,
          k1Stride: 0,
          k2: rows,
          k2Stride: columns,
          n: columns,
          nStride: 1,
          rowsAre: 'k2',
        };
    return [packNode(matrix, attrs)];
  },
  flops: (node) => 2 * sizeOf(node.shape) * last(node.inputs[0]!.shape),
  explain(node) {
    const zeros = explainSkipping(skipsZeros(node), mayBeSparse(node.inputs[0]!));
    return isLarge(node.inputs[1]!) ? `${zeros}; the matrix outgrows the cache: cut by columns` : zeros;
  },
  lower(node, at) {
    const [x, , bias] = node.inputs as [Node, Node, Node?];
    const k = last(x.shape);
    const n = last(node.shape);
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
  const n = last(node.shape);
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

/** Below this length of the sums, or width of the result, making lists costs more than it saves. */
const sparseLength = 32;
const sparseColumns = 32;

function skipsZeros({ inputs: [x], shape }: Node): boolean {
  return mayBeSparse(x!) && last(x!.shape) >= sparseLength && last(shape) >= sparseColumns;
}

function explainSkipping(skips: boolean, sparse: boolean): string {
  if (skips) return 'about half zeros: skips them';
  return sparse ? 'about half zeros, but too small for lists of the others' : 'dense: few zeros expected';
}

/** Rows of a weight that one task owns: two panels of 16. */
export const ownedRows = 32;

/** Pieces of whole rows of a [rows, …] result. */
export function rowTiles(node: Node, rowsPerTile: number): Tile[] {
  const rows = node.shape[0]!;
  const rowSize = sizeOf(node.shape) / rows;
  const tiles: Tile[] = [];
  for (let row = 0; rowSize > 0 && row < rows; row += rowsPerTile) {
    tiles.push({ first: row * rowSize, count: Math.min(rowsPerTile, rows - row) * rowSize });
  }
  return tiles;
}

/** Rows per chunk of a sum over the batch: a constant of the format, never a function of workers or shards. */
const chunkRows = 256;

/** The gradient of the matrix: Σ over rows x[r][k] · dy[r][n], as [K, N] or transposed [N, K]. */
export const matrixGradient: Op<{ transposed: boolean }> = {
  name: 'matrixGradient',
  infer([x, dy], { transposed }) {
    const [k, n] = [last(x!.shape), last(dy!.shape)];
    return { shape: transposed ? [n, k] : [k, n], dtype: 'f32' };
  },
  samplewise: wholeBatch,
  tiles: (node) => rowTiles(node, ownedRows),
  flops: ({ inputs: [x, dy] }) => 2 * sizeOf(x!.shape) * last(dy!.shape),
  explain: (node) => explainSkipping(skipsGradientZeros(node), mayBeSparse(node.inputs[1]!)),
  lower(node, at) {
    const [x, dy] = node.inputs as [Node, Node];
    const [k, n] = [last(x.shape), last(dy.shape)];
    const rows = sizeOf(x.shape) / k;
    const table = at.constant('origin', () => new Int32Array([0]));
    const rowSize = node.shape[1]!;
    const firstRow = at.tile!.first / rowSize;
    const lastRow = firstRow + at.tile!.count / rowSize;
    // The kernel's 16 lanes run over dy's columns: the result's rows when transposed, else its columns.
    const [k0, k1, n0, n1] = node.attrs.transposed ? [0, k, firstRow, lastRow] : [firstRow, lastRow, 0, n];
    if (skipsGradientZeros(node)) {
      skippingGradient(node, at, { k, n, rows, first: n0, end: n1 });
      return;
    }
    const block = at.scratch((k1 - k0) * 64);
    for (let column = n0; column < n1; column += 16) {
      const lanes = Math.min(16, n1 - column);
      const from = at.base(x) + k0 * 4;
      at.call(
        'outerRows',
        from,
        k * 4,
        table,
        1,
        k1 - k0,
        at.base(dy) + column * 4,
        n * 4,
        0,
        rows,
        1,
        lanes,
        chunkRows,
        block,
      );
      const out = at.base(node) + (node.attrs.transposed ? column * k : k0 * n + column) * 4;
      const [kStride, nStride] = node.attrs.transposed ? [4, k * 4] : [n * 4, 4];
      at.call('unpackPanel', block, out, 1, 0, k1 - k0, kStride, lanes, nStride);
    }
  },
};

function skipsGradientZeros({ inputs: [x, dy], attrs }: Node<{ transposed: boolean }>): boolean {
  return attrs.transposed && mayBeSparse(dy!) && last(x!.shape) >= sparseLength;
}

/** Rows [first, end) of the transposed gradient where dy has many zeros: the same sums over its nonzeros. */
function skippingGradient(
  node: Node,
  at: LowerContext,
  range: { k: number; n: number; rows: number; first: number; end: number },
): void {
  const [x, dy] = node.inputs as [Node, Node];
  const { k, n, rows, first, end } = range;
  const columns = end - first;
  const origin = at.constant('origin', () => new Int32Array([0]));
  const lists = at.scratch(sparseListBytes(columns + 19, Math.min(chunkRows, rows)));
  const [from, out] = [at.base(dy) + first * 4, at.base(node) + first * k * 4];
  // biome-ignore format: one call
  at.call('outerRowsSparse', at.base(x), k * 4, origin, origin, 1, k, from, n * 4, n * 4, rows, 1, columns, chunkRows, out, k * 4, lists);
}

/** The gradient of a bias: dy summed over everything but its channel axis. dy is channels-last when of rank 4. */
export const biasGradient: Op<{ channelAxis: number }> = {
  name: 'biasGradient',
  infer: ([dy], { channelAxis }) => ({ shape: [dy!.shape[channelAxis]!], dtype: 'f32' }),
  samplewise: wholeBatch,
  layout: (node) => ({ inputs: [node.inputs[0]!.shape.length === 4 ? 'channelsLast' : 'row'], output: 'row' }),
  tiles: (node) => rowTiles(node, ownedRows),
  lower(node, at) {
    const dy = node.inputs[0]!;
    const channels = node.shape[0]!;
    const { first, count } = at.tile!;
    at.call(
      'sumRows',
      at.base(dy) + first * 4,
      channels * 4,
      sizeOf(dy.shape) / channels,
      count,
      at.base(node) + first * 4,
    );
  },
};

interface BatchedAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A [… , M, K] · B [… , K, N] → [… , M, N] with equal leading axes; either may be given transposed. */
export const batchedProduct: Op<BatchedAttrs> = {
  name: 'batchedProduct',
  infer([a, b], attrs) {
    const { m, k, n, kb } = extents(a!, b!, attrs);
    if (k !== kb) {
      throw new ShapeError(
        `matmul: the inner extents ${k} and ${kb} of ${formatShape(a!.shape)} and ${formatShape(b!.shape)} differ`,
      );
    }
    return { shape: [...a!.shape.slice(0, -2), m, n], dtype: 'f32' };
  },
  gradient(node, dy) {
    const [a, b] = node.inputs as [Node, Node];
    const { transposeA, transposeB } = node.attrs;
    const product = (x: Node, y: Node, tx: boolean, ty: boolean) =>
      makeNode(batchedProduct, [x, y], { transposeA: tx, transposeB: ty });
    if (transposeA) return [product(b, dy, transposeB, true), product(a, dy, false, false)];
    return [product(dy, b, false, !transposeB), transposeB ? product(dy, a, true, false) : product(a, dy, true, false)];
  },
  samplewise: (node, split, batch) => split.some(Boolean) && node.shape.length > 2 && node.shape[0]! % batch === 0,
  flops: (node) => 2 * sizeOf(node.shape) * extents(node.inputs[0]!, node.inputs[1]!, node.attrs).k,
  lower(node, at) {
    const [a, b] = node.inputs as [Node, Node];
    const { m, k, n } = extents(a, b, node.attrs);
    const products = at.elements(node) / (m * n);
    for (let i = 0; i < products; i++) {
      const at_ = {
        a: at.start(a) + i * m * k * 4,
        b: at.start(b) + i * k * n * 4,
        out: at.start(node) + i * m * n * 4,
      };
      if (node.attrs.transposeA) productOfColumns(at, { ...at_, m, k, n });
      else productOfRows(at, { ...at_, m, k, n, transposeB: node.attrs.transposeB });
    }
  },
};

function extents(a: Node, b: Node, { transposeA, transposeB }: BatchedAttrs) {
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  return { m: transposeA ? a1 : a0, k: transposeA ? a0 : a1, kb: transposeB ? b1 : b0, n: transposeB ? b0 : b1 };
}

interface OneProduct {
  readonly a: number;
  readonly b: number;
  readonly out: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

function productOfRows(
  at: LowerContext,
  { a, b, out, m, k, n, transposeB }: OneProduct & { transposeB: boolean },
): void {
  const panels = at.scratch(Math.ceil(n / 16) * k * 64);
  const [kStride, nStride] = transposeB ? [4, k * 4] : [n * 4, 4];
  at.call('packPanels', b, panels, 1, 0, k, kStride, n, nStride, 0, k * 64);
  at.call('gemmRows', a, k * 4, panels, 0, out, n * 4, m, k, n, at.scratch(256));
}

function productOfColumns(at: LowerContext, { a, b, out, m, k, n }: OneProduct): void {
  const table = at.constant('origin', () => new Int32Array([0]));
  const block = at.scratch(m * 64);
  for (let column = 0; column < n; column += 16) {
    const lanes = Math.min(16, n - column);
    at.call('outerRows', a, m * 4, table, 1, m, b + column * 4, n * 4, 0, k, 1, lanes, chunkRows, block);
    at.call('unpackPanel', block, out + column * 4, 1, 0, m, n * 4, lanes, 4);
  }
}
