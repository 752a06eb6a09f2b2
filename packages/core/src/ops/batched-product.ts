/** Batched matrix products: one small product after the other. Every element is one sum in ascending order of the summed index. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape, sizeOf } from '../tensor/shape.ts';
import type { LowerContext, Op } from './define-op.ts';
import { chunkRows, rowTiles } from './row-tiles.ts';
import { elementRange, evenTiles } from './tiles.ts';

interface BatchedAttrs {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows of a product of two matrices that one task computes. */
const productRows = 128;

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
  // One large product is cut by rows; what every task repeats, the packing of B, is small beside that many. Of several, whole ones.
  tiles(node) {
    if (isOneOfRows(node)) return rowTiles(node, productRows);
    const one = sizeOf(node.shape.slice(-2));
    return one === 0 ? [] : evenTiles(sizeOf(node.shape), Math.max(1, Math.floor(pieceElements / one)) * one);
  },
  lower(node, at) {
    const [a, b] = node.inputs as [Node, Node];
    const { m, k, n } = extents(a, b, node.attrs);
    const { first, count } = elementRange(node, at);
    if (m * n === 0) return;
    if (at.tile && isOneOfRows(node)) {
      const rows = { a: at.base(a) + (first / n) * k * 4, b: at.base(b), out: at.base(node) + first * 4, m: count / n };
      productOfRows(at, { ...rows, k, n, transposeB: node.attrs.transposeB });
      return;
    }
    for (let i = first / (m * n); i < (first + count) / (m * n); i++) {
      const product = {
        a: at.base(a) + i * m * k * 4,
        b: at.base(b) + i * k * n * 4,
        out: at.base(node) + i * m * n * 4,
      };
      if (node.attrs.transposeA) productOfColumns(at, { ...product, m, k, n });
      else productOfRows(at, { ...product, m, k, n, transposeB: node.attrs.transposeB });
    }
  },
};

/** Whether it is a single product, computed row by row. */
function isOneOfRows({ shape, attrs }: Node<BatchedAttrs>): boolean {
  return shape.length === 2 && !attrs.transposeA;
}

/** Results of a piece of several products. */
const pieceElements = 4096;

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
    at.call('outerRows', a, m * 4, table, 1, m, b + column * 4, n * 4, 0, k, 1, lanes, chunkRows, block, 0);
    at.call('unpackPanel', block, out + column * 4, 1, 0, m, n * 4, lanes, 4);
  }
}
