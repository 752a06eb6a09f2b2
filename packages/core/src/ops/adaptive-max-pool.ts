/** The maximum of windows that divide an image evenly, channels-last. */
import { makeNode, type Node } from '../graph/node.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import { adaptiveWindow } from './axis-map.ts';
import type { Pair } from './conv-geometry.ts';
import { keepsRows, type LowerContext, type Op, samplewiseRows } from './define-op.ts';

interface AdaptiveAttrs {
  readonly output: Pair;
}

/** [B, C, H, W] → [B, C, OH, OW]. Its side value is where the maxima were (i32, h·W + w). */
export const adaptiveMaxPool: Op<AdaptiveAttrs> = {
  name: 'adaptiveMaxPool2d',
  infer: ([x], { output }) => ({ shape: [x!.shape[0]!, x!.shape[1]!, ...output], dtype: 'f32' }),
  gradient: (node, dy) => [makeNode(gradient, [dy, node.inputs[0]!, node], node.attrs)],
  samplewise: samplewiseRows,
  layout: () => ({ inputs: ['channelsLast'], output: 'channelsLast' }),
  side: (node) => sizeOf(node.shape) * 4,
  lower(node, at) {
    const indices = at.side(node) || at.scratch(at.elements(node) * 4);
    emitMaxima(at, { x: node.inputs[0]!, output: node.attrs.output, out: at.start(node), indices });
  },
};

/** dx from dy, x and the result. When that was computed by an earlier program, the positions are found again. */
const gradient: Op<AdaptiveAttrs> = {
  name: 'adaptiveMaxPool2dGradient',
  infer: ([, x]) => ({ shape: x!.shape, dtype: 'f32' }),
  samplewise: (node, split, batch) => split.every(Boolean) && keepsRows(node, batch),
  layout: () => ({ inputs: ['channelsLast', 'channelsLast', 'channelsLast'], output: 'channelsLast' }),
  readsSideOf: 2,
  lower(node, at) {
    const [dy, x, y] = node.inputs as [Node, Node, Node];
    let indices = at.side(y);
    if (!indices) {
      indices = at.scratch(at.elements(y) * 4);
      emitMaxima(at, { x, output: node.attrs.output, out: at.scratch(at.elements(y) * 4), indices });
    }
    const [, channels, height, width] = x.shape as [number, number, number, number];
    // Of the geometry the kernel reads the extents alone.
    const words = at.constant(
      'geometry',
      () => new Int32Array([height, width, channels, ...node.attrs.output, 1, 1, 1, 1, 0, 0, 1, 1]),
    );
    at.call('maxPoolGrad', at.start(dy), indices, at.start(node), words, samplesOf(x, at));
  },
};

function samplesOf(x: Node, at: LowerContext): number {
  return (x.shape[0]! / at.total) * at.count;
}

function emitMaxima(at: LowerContext, to: { x: Node; output: Pair; out: number; indices: number }): void {
  const { x, output, out, indices } = to;
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const starts = at.constant('starts', () => windows(x.shape, output).starts);
  const pixels = at.constant('pixels', () => windows(x.shape, output).pixels);
  const stride = height * width * channels * 4;
  at.call('maxPixels', at.start(x), stride, starts, pixels, out, indices, samplesOf(x, at), sizeOf(output), channels);
}

/** The pixels of each window, row by row. */
function windows(input: Shape, output: Pair): { starts: Int32Array; pixels: Int32Array } {
  const [height, width] = input.slice(2) as [number, number];
  const starts = [0];
  const pixels: number[] = [];
  for (let oy = 0; oy < output[0]; oy++) {
    for (let ox = 0; ox < output[1]; ox++) {
      const [rows, columns] = [adaptiveWindow(height, output[0], oy), adaptiveWindow(width, output[1], ox)];
      for (let y = rows.first; y < rows.end; y++)
        for (let x = columns.first; x < columns.end; x++) pixels.push(y * width + x);
      starts.push(pixels.length);
    }
  }
  return { starts: Int32Array.from(starts), pixels: Int32Array.from(pixels) };
}
