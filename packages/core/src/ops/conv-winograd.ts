/**
 * Plain 3×3 convolutions by Winograd's F(2×2, 3×3), the product itself and the gradient to its input: 16 products where the direct sum
 * has 36. Accuracy: on 64 channels the kernels' tests find values within 2⁻²³ · Σ |x·w| of the exact ones; with weights as a layer begins
 * with, values and gradients agree with the direct sum within 2e-5 · (|value| + 0.1). Through terms that cancel, a result also reads the
 * pixels of its 4×4 tile outside its own window, which shows only where they are not finite.
 */
import { type Pointer, winogradScratchBytes } from '@lockstep/kernels';
import type { Geometry, Pair } from './conv-geometry.ts';
import type { LowerContext } from './define-op.ts';
import { suitsWinograd } from './winograd-weights.ts';

/** Bytes of padded images at a time, so that they stay in a core's second-level cache. */
const paddedBytes = 128 * 1024;

const both = (pair: Pair, holds: (part: number) => boolean): boolean => pair.every(holds);

/** Stride 1, no dilation, one group, and padding that leaves no output without an input pixel. */
function isPlain(g: Geometry): boolean {
  const one = (part: number) => part === 1;
  return both(g.stride, one) && both(g.dilation, one) && g.groups === 1 && both(g.padding, (part) => part <= 2);
}

/** Whether the product runs by Winograd: plain, 3×3, at least 16 input channels in fours, at least 2×2 outputs. Shapes alone decide. */
export function forwardByWinograd(g: Geometry): boolean {
  return isPlain(g) && suitsWinograd(g.kernel, g.inputs) && both(g.output, (part) => part >= 2);
}

/** The same for the gradient to the input, with inputs and outputs exchanged. */
export function backwardByWinograd(g: Geometry): boolean {
  return isPlain(g) && suitsWinograd(g.kernel, g.outputs) && both(g.input, (part) => part >= 2);
}

/** One product: contiguous channels-last images of `channels` to images of `outputs` channels. */
export interface WinogradProduct {
  readonly x: Pointer;
  readonly u: Pointer;
  readonly bias: Pointer;
  readonly out: Pointer;
  readonly samples: number;
  readonly input: Pair;
  readonly padding: Pair;
  readonly channels: number;
  readonly output: Pair;
  readonly outputs: number;
}

/** What of a product the shapes decide. */
type ProductShape = Omit<WinogradProduct, 'x' | 'u' | 'bias' | 'out' | 'samples'>;

export function forwardProduct({ input, padding, inputs, output, outputs }: Geometry): ProductShape {
  return { input, padding, channels: inputs, output, outputs };
}

/** The gradient to the input is the product of dy, padded by 2 − p, with the exchanged and turned weight. */
export function backwardProduct(g: Geometry): ProductShape {
  const padding: Pair = [2 - g.padding[0], 2 - g.padding[1]];
  return { input: g.output, padding, channels: g.outputs, output: g.input, outputs: g.inputs };
}

/** Images without padding in one call; otherwise some padded images, or bands of rows of a large one, at a time. */
export function lowerWinograd(at: LowerContext, p: WinogradProduct): void {
  const tiles = at.scratch(winogradScratchBytes(p.channels));
  if (both(p.padding, (part) => part === 0)) {
    emitProduct(at, p, { x: p.x, out: p.out, samples: p.samples, rows: p.output[0], tiles });
    return;
  }
  const [rows, columns] = p.output;
  const { group, band } = paddedAtOnce(p);
  const image = at.scratch(group * (Math.min(rows, band + 1) + 2) * paddedRowBytes(p));
  for (let s = 0; s < p.samples; s += group) {
    const samples = Math.min(group, p.samples - s);
    for (let y = 0, count = 0; y < rows; y += count) {
      // Bands start at even rows, as tiles do; the last one has a row more rather than leave a single one.
      count = rows - y <= band + 1 ? rows - y : band;
      emitPadding(at, p, { image, sample: s, samples, y, count });
      emitProduct(at, p, {
        x: image,
        out: p.out + (s * rows + y) * columns * p.outputs * 4,
        samples,
        rows: count,
        tiles,
      });
    }
  }
}

const paddedRowBytes = (p: WinogradProduct): number => (p.output[1] + 2) * p.channels * 4;

/** How many samples are padded at a time and, if only one, how many of its rows of output. */
function paddedAtOnce(p: WinogradProduct): { group: number; band: number } {
  const rowBytes = paddedRowBytes(p);
  const [rows] = p.output;
  const group = Math.min(p.samples, Math.floor(paddedBytes / ((rows + 2) * rowBytes)));
  if (group >= 1) return { group, band: rows };
  const fitting = Math.floor(paddedBytes / rowBytes) - 2;
  return { group: 1, band: Math.max(4, fitting - (fitting % 2)) };
}

/** What rows [y, y + count) of the output read, with its padding. */
function emitPadding(
  at: LowerContext,
  p: WinogradProduct,
  piece: { image: Pointer; sample: number; samples: number; y: number; count: number },
): void {
  const [height, width] = p.input;
  const top = piece.y - p.padding[0];
  const first = Math.max(0, top);
  const last = Math.min(height, top + piece.count + 2);
  at.call(
    'padImages',
    p.x + (piece.sample * height + first) * width * p.channels * 4,
    piece.image,
    piece.samples,
    last - first,
    width,
    p.channels,
    first - top,
    p.padding[1],
    piece.count + 2,
    p.output[1] + 2,
  );
}

/** `rows` rows of output of images that hold two rows and columns more. */
function emitProduct(
  at: LowerContext,
  p: WinogradProduct,
  piece: { x: Pointer; out: Pointer; samples: number; rows: number; tiles: Pointer },
): void {
  const [rows, columns] = p.output;
  const [rowBytes, outRowBytes] = [paddedRowBytes(p), columns * p.outputs * 4];
  at.call(
    'winograd',
    piece.x,
    (piece.rows + 2) * rowBytes,
    rowBytes,
    p.channels,
    p.u,
    p.bias,
    piece.out,
    rows * outRowBytes,
    outRowBytes,
    piece.samples,
    piece.rows,
    columns,
    p.outputs,
    piece.tiles,
  );
}
