/** Rows of a table by number, and the gradient to the table: a sum over the batch in order, cut into tiles of rows. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { formatShape } from '../tensor/shape.ts';
import { keepsRows, type Op, type Tile, wholeBatch } from './define-op.ts';

export interface EmbeddingAttrs {
  /** The row that gets no gradient; −1 = none. */
  readonly paddingIdx: number;
  /** What to call it in errors. */
  readonly where: string;
}

/** indices i32 […], weight [V, D] → […, D]. An index that is not in [0, V) gives NaN. */
export const embedding: Op<EmbeddingAttrs> = {
  name: 'embedding',
  infer([indices, weight], { where }) {
    if (indices!.dtype !== 'i32' || weight!.shape.length !== 2) {
      throw new ShapeError(
        `${where}: expected indices i32 and a weight of shape [V, D], got ${indices!.dtype} ${formatShape(indices!.shape)} and ${formatShape(weight!.shape)}`,
      );
    }
    return { shape: [...indices!.shape, weight!.shape[1]!], dtype: 'f32' };
  },
  gradient(node, dy) {
    const [indices, weight] = node.inputs as [Node, Node];
    const [rows, dim] = weight.shape as [number, number];
    return [null, makeNode(weightGradient, [dy, indices], { rows, dim, paddingIdx: node.attrs.paddingIdx })];
  },
  samplewise: (node, split, batch) => split[0] === true && !split[1] && keepsRows(node, batch),
  lower(node, at) {
    const [indices, weight] = node.inputs as [Node, Node];
    const [rows, dim] = weight.shape as [number, number];
    at.call('embedding', at.base(weight), at.start(indices), at.start(node), at.elements(indices), dim, rows);
  },
};

interface GradientAttrs {
  readonly rows: number;
  readonly dim: number;
  readonly paddingIdx: number;
}

/** Every tile reads all indices, so there are few; but a tile of the gradient should stay in a core's cache. */
const mostTiles = 64;
const tileFloats = 262_144;
/** Packs are refreshed in rows of so many. */
const rowStep = 16;

/** dy […, D], indices […] → [V, D]: each row the sum of its dy, in the order of the batch. */
const weightGradient: Op<GradientAttrs> = {
  name: 'embeddingGradient',
  infer: (_inputs, { rows, dim }) => ({ shape: [rows, dim], dtype: 'f32' }),
  samplewise: wholeBatch,
  tiles({ attrs: { rows, dim } }) {
    const most = Math.max(1, Math.floor(tileFloats / (dim * rowStep)));
    const step = rowStep * Math.min(most, Math.ceil(rows / (rowStep * mostTiles)));
    const tiles: Tile[] = [];
    for (let row = 0; row < rows; row += step)
      tiles.push({ first: row * dim, count: Math.min(step, rows - row) * dim });
    return tiles;
  },
  parts: () => ({ samples: 1, totals: 'result' }),
  explain: () => 'tiles of rows of the table, each reading all indices',
  lower(node, at) {
    const [dy, indices] = node.inputs as [Node, Node];
    const { dim, paddingIdx } = node.attrs;
    const { first, count } = at.tile!;
    at.call(
      'embeddingGrad',
      at.start(dy),
      at.start(indices),
      at.base(node) + first * 4,
      at.elements(indices),
      dim,
      first / dim,
      count / dim,
      paddingIdx,
      at.part.continued,
    );
  },
};
