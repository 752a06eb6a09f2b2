/**
 * Weights in the order the products read them: panels of 16 columns, rows of the sum one after the other. A value derived from the
 * weights alone, so the compiler keeps it between steps and refreshes just what an update touches.
 */
import { makeNode, type Node } from '../graph/node.ts';
import { type LowerContext, type Op, type Tile, wholeBatch } from './define-op.ts';

/** Strides in elements of the weight tensor; `k1` and `k2` are the two levels of the summation index. */
export interface PackAttrs {
  readonly groups: number;
  readonly groupStride: number;
  readonly k1: number;
  readonly k1Stride: number;
  readonly k2: number;
  readonly k2Stride: number;
  readonly n: number;
  readonly nStride: number;
  /** Which index runs over the weight's axis 0, so that new rows of the weight refresh just their part. */
  readonly rowsAre: 'n' | 'k2';
}

const panel = 16;
/** Rows of the weight in a tile: whole panels. */
const tileRows = 64;

export const packWeights: Op<PackAttrs> = {
  name: 'packWeights',
  infer: (_inputs, { groups, k1, k2, n }) => ({
    shape: [groups, Math.ceil(n / panel), k1 * k2, panel],
    dtype: 'f32',
  }),
  samplewise: wholeBatch,
  // Tiles count rows of the weight. Of one that every step computes, several workers pack a part each.
  tiles({ inputs: [weight], attrs }) {
    const rows = weight!.shape[0]!;
    if (weight!.storage || attrs.groups > 1) return [{ first: 0, count: rows }];
    const tiles: Tile[] = [];
    for (let first = 0; first < rows; first += tileRows) tiles.push({ first, count: Math.min(tileRows, rows - first) });
    return tiles;
  },
  lower(node, at) {
    packRows(node, at, at.tile ?? { first: 0, count: node.inputs[0]!.shape[0]! });
  },
  explain: ({ inputs: [weight] }) =>
    weight!.storage
      ? 'kept between steps, refreshed where the update changed rows'
      : 'of weights that every step computes',
  refreshRows: packRows,
};

/** Bytes of one group's panels. */
export function packedGroupBytes(packed: Node): number {
  const attrs = packed.attrs as PackAttrs;
  return Math.ceil(attrs.n / panel) * attrs.k1 * attrs.k2 * panel * 4;
}

/** Packs rows [first, first + count) of the weight's axis 0; `first` is a multiple of 16 within its group unless count is all. */
function packRows(node: Node<PackAttrs>, at: LowerContext, rows: Tile): void {
  const a = node.attrs;
  const perGroup = a.rowsAre === 'n' ? a.n : a.k2;
  const panelBytes = a.k1 * a.k2 * panel * 4;
  const weight = at.base(node.inputs[0]!);
  for (let row = rows.first; row < rows.first + rows.count; ) {
    const group = Math.floor(row / perGroup);
    const from = row - group * perGroup;
    const count = Math.min(perGroup - from, rows.first + rows.count - row);
    const out = at.base(node) + group * packedGroupBytes(node);
    const source = weight + group * a.groupStride * 4;
    const [k1Stride, k2Stride, nStride] = [a.k1Stride * 4, a.k2Stride * 4, a.nStride * 4];
    if (a.rowsAre === 'n') {
      const to = out + (from / panel) * panelBytes;
      at.call(
        'packPanels',
        source + from * nStride,
        to,
        a.k1,
        k1Stride,
        a.k2,
        k2Stride,
        count,
        nStride,
        a.k2 * 64,
        panelBytes,
      );
    } else {
      const to = out + from * 64;
      at.call(
        'packPanels',
        source + from * k2Stride,
        to,
        a.k1,
        k1Stride,
        count,
        k2Stride,
        a.n,
        nStride,
        a.k2 * 64,
        panelBytes,
      );
    }
    row += count;
  }
}

export function packNode(weight: Node, attrs: PackAttrs): Node {
  return makeNode(packWeights, [weight], attrs);
}
