/** Padding as a function of tensors. */
import { ShapeError } from '../errors.ts';
import { makeNode, type Node } from '../graph/node.ts';
import { type AxisMap, identityAxis, type PadMode, paddedAxis } from '../ops/axis-map.ts';
import { mapPixelsNode } from '../ops/map-pixels.ts';
import { concat, reshapeNode } from '../ops/shape-ops.ts';
import { slice } from '../ops/slice.ts';
import { fullNode } from '../ops/source.ts';
import { formatShape, type Shape } from '../tensor/shape.ts';
import { derived, f32, type Tensor } from '../tensor/tensor.ts';

export interface PadOptions {
  /**
   * `constant`: `value`. `reflect`: the input mirrored at its edge, which is not repeated. `replicate`: the edge. `circular`: the input from
   * its other end. Default `constant`.
   */
  readonly mode?: PadMode;
  /** Of the constant mode. Default 0. */
  readonly value?: number;
  readonly where?: string;
}

const modes: readonly string[] = ['constant', 'reflect', 'replicate', 'circular'];

/**
 * The tensor with more elements (fewer, where negative) around its last axes: `pad` holds [before, after] of the last axis, then of the one
 * before it, and so on. Modes other than `constant` pad the last axis of ranks 2 and 3 or the last two of ranks 3 and 4.
 * @throws RangeError for another mode, an odd number of entries, or ones that are not integers; ShapeError where the padding does not fit:
 * `reflect` takes less than the axis has, `circular` at most as much.
 */
export function pad(x: Tensor, pads: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = 'constant', value = 0, where = 'pad' } = options;
  if (!modes.includes(mode)) throw new RangeError(`${where}: mode is one of ${modes.join(', ')}, got ${String(mode)}`);
  if (pads.length % 2 !== 0 || !pads.every(Number.isInteger))
    throw new RangeError(`${where}: expected two integers for each axis, got [${pads.join(', ')}]`);
  const axes = pads.length / 2;
  const images = axes <= 2 && x.rank <= 4 && x.rank >= axes;
  if (axes > x.rank || (mode !== 'constant' && !(images && axes >= 1 && x.rank >= axes + 1 && x.rank <= axes + 2))) {
    throw new ShapeError(
      `${where}: ${pads.length} numbers in ${mode} mode do not fit an input of shape ${formatShape(x.shape)}`,
    );
  }
  checkExtents(x.shape, pads, { mode, where });
  const node = f32(x.node);
  const result = images ? padImage(node, pads, { mode, value }) : padAxes(node, pads, value);
  return derived(result, [x]);
}

/** before and after of an axis. */
function padsOf(pads: readonly number[], axisFromEnd: number): { before: number; after: number } {
  return { before: pads[2 * axisFromEnd] ?? 0, after: pads[2 * axisFromEnd + 1] ?? 0 };
}

function checkExtents(shape: Shape, pads: readonly number[], options: { mode: PadMode; where: string }): void {
  const { mode, where } = options;
  for (let fromEnd = 0; fromEnd < pads.length / 2; fromEnd++) {
    const extent = shape[shape.length - 1 - fromEnd]!;
    const { before, after } = padsOf(pads, fromEnd);
    const most = { constant: Number.POSITIVE_INFINITY, replicate: Number.POSITIVE_INFINITY, reflect: extent - 1, circular: extent }; // biome-ignore format: a table
    const empty = extent + before + after < 0 || (mode !== 'constant' && (extent === 0 || extent + before + after < 1));
    if (!empty && before <= most[mode] && after <= most[mode]) continue;
    throw new ShapeError(
      `${where}: padding of ${before} and ${after} in ${mode} mode does not fit an axis of ${extent}, of the shape ${formatShape(shape)}`,
    );
  }
}

/** The last one or two axes as rows and columns of images. */
function padImage(x: Node, pads: readonly number[], options: { mode: PadMode; value: number }): Node {
  const { shape } = x;
  const rank = shape.length;
  const axis = (fromEnd: number): AxisMap => {
    const extent = shape[rank - 1 - fromEnd] ?? 1;
    if (2 * fromEnd >= pads.length) return identityAxis(extent);
    return paddedAxis(extent, { ...padsOf(pads, fromEnd), mode: options.mode });
  };
  // Rows are an axis of their own where they are padded, or where there is one to spare.
  const twoAxes = pads.length === 4 || rank === 4;
  const lead = shape.slice(0, rank - (twoAxes ? 2 : 1));
  const [rows, columns] = [twoAxes ? axis(1) : identityAxis(1), axis(0)];
  const batched = [lead[0] ?? 1, lead[1] ?? 1, rows.inputs, columns.inputs];
  const padded = mapPixelsNode(reshapeNode(x, batched), { rows, columns, fill: options.value });
  const extents = [...(twoAxes ? [rows.entries.length] : []), columns.entries.length];
  return reshapeNode(padded, [...lead, ...extents]);
}

/** Constants before and after axis by axis, or what remains of it. */
function padAxes(x: Node, pads: readonly number[], value: number): Node {
  let node = x;
  for (let fromEnd = 0; fromEnd < pads.length / 2; fromEnd++) {
    const axis = node.shape.length - 1 - fromEnd;
    const { before, after } = padsOf(pads, fromEnd);
    const kept = node.shape[axis]! + Math.min(before, 0) + Math.min(after, 0);
    const along = (count: number): Shape => node.shape.map((extent, i) => (i === axis ? count : extent));
    const start = node.shape.map((_, i) => (i === axis ? Math.max(0, -before) : 0));
    const inner = makeNode(slice, [node], { start, step: node.shape.map(() => 1), shape: along(kept) });
    const around = [before, after].map((count) => (count > 0 ? [fullNode(along(count), value)] : []));
    const parts = [...around[0]!, kept === node.shape[axis] ? node : inner, ...around[1]!];
    node = parts.length === 1 ? parts[0]! : makeNode(concat, parts, { axis });
  }
  return node;
}
