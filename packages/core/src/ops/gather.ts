/** Elements by number along an axis, and their gradient: additions at those numbers, in ascending order. */
import { type scatterOps as Codes, scatterOps } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import type { LowerContext, Op, Tile } from './define-op.ts';
import { concat, reshapeNode } from './shape-ops.ts';
import { sliceAxisNode } from './slice.ts';
import { fullNode } from './source.ts';
import { elementRange, elementTiles, evenTiles } from './tiles.ts';

/** The value is read as [outer, extent, inner]; `length` numbers take the place of the extent. */
interface AxisAttrs {
  readonly outer: number;
  readonly extent: number;
  readonly length: number;
  readonly inner: number;
  /** One list of numbers for all outer and inner places, instead of a number for each element. */
  readonly shared: boolean;
}

type Strides = [outer: number, length: number, inner: number];

function indexStrides({ length, inner, shared }: AxisAttrs): Strides {
  return shared ? [0, 1, 0] : [length * inner, inner, 1];
}

/** Inputs: the value [outer, extent, inner] and the numbers, i32. */
const gatherAxis: Op<AxisAttrs> = {
  name: 'gather',
  infer: ([x], { outer, length, inner }) => ({ shape: [outer, length, inner], dtype: x!.dtype }),
  gradient(node, dy) {
    const [x, index] = node.inputs as [Node, Node];
    return [reshapeNode(scatterOf(node.attrs, 'add', [index, dy]), x.shape), null];
  },
  // By the samples of the value, or where the numbers of a sample are looked up in a table that all share.
  samplewise(node, split, batch) {
    const { outer, length, shared } = node.attrs;
    if (outer === 1 && batch > 1) return !split[0] && split[1] === true && length % batch === 0;
    return outer % batch === 0 && split.some(Boolean) && !(shared && split[1]);
  },
  tiles: elementTiles,
  lower(node, at) {
    const [x, index] = node.inputs as [Node, Node];
    const { extent, length, inner } = node.attrs;
    const { first, count, out } = elementRange(node, at);
    const strides = indexStrides(node.attrs);
    at.call('gatherAxis', at.base(x), at.base(index), out, extent, length, inner, ...strides, first, count);
  },
};

interface ScatterAttrs extends AxisAttrs {
  readonly op: keyof typeof Codes;
}

/** Columns that one owner writes. */
const ownedColumns = 64;

/** Inputs: the numbers, what is written [outer, length, inner], and the value written to (zeros where it is left out). */
function scatterOp(pieces: Pick<Op<ScatterAttrs>, 'tiles' | 'blocks' | 'samplewise'>): Op<ScatterAttrs> {
  return {
    name: 'scatter',
    infer: (_inputs, { outer, extent, inner }) => ({ shape: [outer, extent, inner], dtype: 'f32' }),
    gradient(node, dy) {
      const [index, source] = node.inputs as [Node, Node];
      const attrs = node.attrs;
      const back = reshapeNode(makeNode(gatherAxis, [dy, index], axisOf(attrs)), source.shape);
      const x = node.inputs[2];
      if (!x) return [null, back];
      const kept = attrs.op === 'add' ? dy : scatterOf(attrs, 'set', [index, fullNode(source.shape, 0), dy]);
      return [null, back, reshapeNode(kept, x.shape)];
    },
    ...pieces,
    lower(node, at) {
      const [index, source, x] = node.inputs as [Node, Node, Node?];
      const { op, extent, length, inner } = node.attrs;
      const { first, count } = columnsOf(node, at);
      const [to, from] = [at.base(node), x ? at.base(x) : 0];
      const strides = indexStrides(node.attrs);
      // biome-ignore format: one call
      at.call('scatterAxis', scatterOps[op], from, at.base(index), at.base(source), to, extent, length, inner, ...strides, first, count);
    },
  };
}

function axisOf({ outer, extent, length, inner, shared }: ScatterAttrs): AxisAttrs {
  return { outer, extent, length, inner, shared };
}

/** The columns (of outer × inner) that this task writes. */
function columnsOf(node: Node<ScatterAttrs>, at: LowerContext): { first: number; count: number } {
  const { outer, extent, inner } = node.attrs;
  if (at.tile?.block !== undefined) {
    const first = at.tile.block * ownedColumns;
    return { first, count: Math.min(ownedColumns, inner - first) };
  }
  if (at.tile) return { first: at.tile.first / extent, count: at.tile.count / extent };
  const columns = (outer / at.total) * inner;
  return { first: columns * at.first, count: columns * at.count };
}

/** With several outer places, pieces are whole ones of those, and samples stay apart. */
const scatterOuter = scatterOp({
  samplewise: ({ attrs: { outer, shared } }, split, batch) =>
    outer % batch === 0 && split.some(Boolean) && !(shared && split[0]),
  tiles(node): Tile[] {
    const { extent, inner } = node.attrs;
    const block = extent * inner;
    return block === 0 ? [] : evenTiles(sizeOf(node.shape), Math.max(1, Math.floor(4096 / block)) * block);
  },
});

/** Otherwise a piece is some columns, over all numbers: additions at one place have one owner and one order. */
const scatterColumns = scatterOp({
  samplewise: () => false,
  blocks: (node) => Math.max(1, Math.ceil(node.attrs.inner / ownedColumns)),
});

function scatterOf(attrs: AxisAttrs, op: ScatterAttrs['op'], inputs: readonly Node[]): Node {
  return makeNode(attrs.outer === 1 ? scatterColumns : scatterOuter, inputs, { ...attrs, op });
}

function axisAttrs(shape: Shape, axis: number, index: { length: number; shared: boolean }): AxisAttrs {
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  return { outer, extent: shape[axis]!, inner, ...index };
}

/** The first `extents[i]` elements of every axis but one. */
function headNode(x: Node, extents: Shape, axis: number): Node {
  return x.shape.reduce(
    (node, _, i) => (i === axis ? node : sliceAxisNode(node, i, { start: 0, count: extents[i]! })),
    x,
  );
}

/** x[… , index[…, l, …], …] along an axis: the shape of the index, whose other extents are at most those of x. */
export function gatherNode(x: Node, axis: number, index: Node): Node {
  const source = headNode(x, index.shape, axis);
  const attrs = axisAttrs(source.shape, axis, { length: index.shape[axis]!, shared: false });
  return reshapeNode(makeNode(gatherAxis, [source, index], attrs), index.shape);
}

/** Rows of an axis by a list of numbers. */
export function indexSelectNode(x: Node, axis: number, index: Node): Node {
  const attrs = axisAttrs(x.shape, axis, { length: sizeOf(index.shape), shared: true });
  const shape = x.shape.map((extent, i) => (i === axis ? attrs.length : extent));
  return reshapeNode(makeNode(gatherAxis, [x, index], attrs), shape);
}

/** x with rows of an axis set to, or added to by, those of `source`, in ascending order of the list of numbers. */
export function indexPutNode(
  x: Node,
  axis: number,
  parts: { op: ScatterAttrs['op']; index: Node; source: Node },
): Node {
  const { op, index, source } = parts;
  const attrs = axisAttrs(x.shape, axis, { length: sizeOf(index.shape), shared: true });
  return reshapeNode(scatterOf(attrs, op, [index, source, x]), x.shape);
}

/** x with element (…, index[…, l, …], …) set to, or added to by, source[…, l, …] for l ascending. */
export function scatterNode(x: Node, axis: number, parts: { op: ScatterAttrs['op']; index: Node; source: Node }): Node {
  const { op, index, source } = parts;
  // What the index does not reach stays: it is cut off, and joined to the result again.
  const beyond = x.shape.findIndex((extent, i) => i !== axis && index.shape[i]! < extent);
  if (beyond >= 0) {
    const count = index.shape[beyond]!;
    const head = sliceAxisNode(x, beyond, { start: 0, count });
    const tail = sliceAxisNode(x, beyond, { start: count, count: x.shape[beyond]! - count });
    return makeNode(concat, [scatterNode(head, axis, parts), tail], { axis: beyond });
  }
  const extents = index.shape.map((extent) => extent);
  const written = sliceAxisNode(headNode(source, extents, axis), axis, { start: 0, count: extents[axis]! });
  const attrs = axisAttrs(x.shape, axis, { length: extents[axis]!, shared: false });
  return reshapeNode(scatterOf(attrs, op, [index, written, x]), x.shape);
}
