/** A sparse linear map over the pixels of images, channels-last, which works on rows and columns apart. Its gradient is the transposed map. */
import { f32Bits } from '@lockstep/kernels';
import { makeNode, type Node } from '../graph/node.ts';
import { type AxisMap, isIdentity, transposedAxis } from './axis-map.ts';
import { type Op, samplewiseRows } from './define-op.ts';

export interface MapPixelsAttrs {
  readonly rows: AxisMap;
  readonly columns: AxisMap;
  /** The value of pixels that no input reaches. */
  readonly fill: number;
}

/** [B, C, H, W] → [B, C, OH, OW]. */
const mapPixels: Op<MapPixelsAttrs> = {
  name: 'mapPixels',
  infer: ([x], { rows, columns }) => ({
    shape: [x!.shape[0]!, x!.shape[1]!, rows.entries.length, columns.entries.length],
    dtype: 'f32',
  }),
  gradient({ attrs: { rows, columns } }, dy) {
    return [mapPixelsNode(dy, { rows: transposedAxis(rows), columns: transposedAxis(columns), fill: 0 })];
  },
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  lower(node, at) {
    const x = node.inputs[0]!;
    const { rows, columns, fill } = node.attrs;
    const channels = x.shape[1]!;
    at.call(
      'mapPixels',
      at.start(x),
      rows.inputs * columns.inputs * channels * 4,
      at.constant('starts', () => startsOf(node.attrs)),
      at.constant('offsets', () => offsetsOf(node.attrs, channels * 4)),
      at.constant('weights', () => weightsOf(node.attrs)),
      at.start(node),
      at.count * (node.shape[0]! / at.total),
      rows.entries.length * columns.entries.length,
      channels,
      f32Bits(Math.fround(fill)),
    );
  },
};

/** Every output pixel with its entries in the order of the sum: rows, then columns. */
function forEachPixel(
  { rows, columns }: MapPixelsAttrs,
  visit: (entries: { readonly input: number; readonly weight: number }[]) => void,
): void {
  for (const row of rows.entries) {
    for (const column of columns.entries) {
      visit(row.flatMap(([y, a]) => column.map(([x, b]) => ({ input: y * columns.inputs + x, weight: a * b }))));
    }
  }
}

function startsOf(attrs: MapPixelsAttrs): Int32Array {
  const starts = [0];
  forEachPixel(attrs, (entries) => starts.push(starts[starts.length - 1]! + entries.length));
  return Int32Array.from(starts);
}

function offsetsOf(attrs: MapPixelsAttrs, pixelBytes: number): Int32Array {
  const offsets: number[] = [];
  forEachPixel(attrs, (entries) => offsets.push(...entries.map(({ input }) => input * pixelBytes)));
  return Int32Array.from(offsets);
}

function weightsOf(attrs: MapPixelsAttrs): Float32Array {
  const weights: number[] = [];
  forEachPixel(attrs, (entries) => weights.push(...entries.map(({ weight }) => weight)));
  return Float32Array.from(weights);
}

/** The map applied to x [B, C, H, W]; x itself where nothing changes. */
export function mapPixelsNode(x: Node, attrs: MapPixelsAttrs): Node {
  return isIdentity(attrs.rows) && isIdentity(attrs.columns) ? x : makeNode(mapPixels, [x], attrs);
}
