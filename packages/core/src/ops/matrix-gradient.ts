/** The gradient of the matrix of `rowsProduct`: an outer product summed over all rows, in chunks, by one owner a piece. */
import { sparseListBytes } from '@lockstep/kernels';
import type { Node } from '../graph/node.ts';
import { mayBeSparse } from '../graph/sparsity.ts';
import { lastOf, sizeOf } from '../tensor/shape.ts';
import { type LowerContext, type Op, wholeBatch, wholeChunks } from './define-op.ts';
import { chunkRows, ownedRows, rowTiles } from './row-tiles.ts';

/** Below this length of the sums, making lists of the nonzeros costs more than it saves. */
export const sparseLength = 32;

/** The gradient of the matrix: Σ over rows x[r][k] · dy[r][n], as [K, N] or transposed [N, K]. */
export const matrixGradient: Op<{ transposed: boolean }> = {
  name: 'matrixGradient',
  infer([x, dy], { transposed }) {
    const [k, n] = [lastOf(x!.shape), lastOf(dy!.shape)];
    return { shape: transposed ? [n, k] : [k, n], dtype: 'f32' };
  },
  samplewise: wholeBatch,
  tiles: (node) => rowTiles(node, ownedRows),
  parts: (node, batch) => {
    const { shape } = node.inputs[0]!;
    const samples = wholeChunks(sizeOf(shape) / lastOf(shape) / batch, chunkRows);
    return { samples, totals: skipsGradientZeros(node) ? 'result' : 'carry' };
  },
  flops: ({ inputs: [x, dy] }) => 2 * sizeOf(x!.shape) * lastOf(dy!.shape),
  explain: (node) => explainSkipping(skipsGradientZeros(node), mayBeSparse(node.inputs[1]!)),
  lower(node, at) {
    const [x, dy] = node.inputs as [Node, Node];
    const [k, n] = [lastOf(x.shape), lastOf(dy.shape)];
    const rows = at.elements(x) / k;
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
    const blocks = at.carry((k1 - k0) * 64, Math.ceil((n1 - n0) / 16));
    for (let column = n0; column < n1; column += 16) {
      const block = blocks((column - n0) / 16);
      const lanes = Math.min(16, n1 - column);
      const from = at.start(x) + k0 * 4;
      at.call(
        'outerRows',
        from,
        k * 4,
        table,
        1,
        k1 - k0,
        at.start(dy) + column * 4,
        n * 4,
        0,
        rows,
        1,
        lanes,
        chunkRows,
        block,
        at.part.continued,
      );
      if (!at.part.last) continue;
      const out = at.base(node) + (node.attrs.transposed ? column * k : k0 * n + column) * 4;
      const [kStride, nStride] = node.attrs.transposed ? [4, k * 4] : [n * 4, 4];
      at.call('unpackPanel', block, out, 1, 0, k1 - k0, kStride, lanes, nStride);
    }
  },
};

function skipsGradientZeros({ inputs: [x, dy], attrs }: Node<{ transposed: boolean }>): boolean {
  return attrs.transposed && mayBeSparse(dy!) && lastOf(x!.shape) >= sparseLength;
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
  const [from, out] = [at.start(dy) + first * 4, at.base(node) + first * k * 4];
  // biome-ignore format: one call
  at.call('outerRowsSparse', at.start(x), k * 4, origin, origin, 1, k, from, n * 4, n * 4, rows, 1, columns, chunkRows, out, k * 4, lists, at.part.continued);
}

/** Why a product skips zeros or does not, for plans. */
export function explainSkipping(skips: boolean, sparse: boolean): string {
  if (skips) return 'about half zeros: skips them';
  return sparse ? 'about half zeros, but too small for lists of the others' : 'dense: few zeros expected';
}
