// Depthwise convolution, channels-last: every channel by itself, 16 neighbouring ones at a time. `=`, no overlap. Two
// pixels share the loads of the weights. Straight code in the loop over taps: see tile.ts.
import { storeLanes } from './lanes';

/** Writes the first n lanes of a panel of 16, the bias added where there is one. */
// @ts-ignore: decorator
@inline
function storePanel(out: usize, bias: usize, n: i32, a: v128, b: v128, c: v128, d: v128): void {
  if (bias) {
    a = f32x4.add(a, v128.load(bias));
    b = f32x4.add(b, v128.load(bias, 16));
    c = f32x4.add(c, v128.load(bias, 32));
    d = f32x4.add(d, v128.load(bias, 48));
  }
  storeLanes(out, a, n);
  if (n > 4) storeLanes(out + 16, b, n - 4);
  if (n > 8) storeLanes(out + 32, c, n - 8);
  if (n > 12) storeLanes(out + 48, d, n - 12);
}

export function depthwiseRows(
  x: usize, xSampleStride: usize, table: usize, taps: i32, w: usize, bias: usize, out: usize, outSampleStride: usize,
  samples: i32, rows: i32, channels: i32, zeros: usize,
): void {
  const pixelBytes = <usize>channels << 2, rowWords = <usize>taps << 2, panelBytes = <usize>taps << 6;
  for (let s = 0; s < samples; s++) {
    const base = x + <usize>s * xSampleStride;
    let to = out + <usize>s * outSampleStride;
    for (let r = 0; r < rows; r += 2) {
      const offsets = table + <usize>r * rowWords;
      // A last odd pixel is computed twice and written once.
      const two = r + 1 < rows;
      let panel = w;
      for (let c = 0; c < channels; c += 16) {
        const at = <usize>c << 2;
        pair(base + at, offsets, two ? rowWords : 0, taps, panel, bias ? bias + at : 0, to + at,
          two ? pixelBytes : 0, channels - c, zeros);
        panel += panelBytes;
      }
      to += pixelBytes << 1;
    }
  }
}

/** Two pixels, whose table rows are `rowWords` and whose outputs `outBytes` apart, × the first n of 16 channels. */
function pair(
  x: usize, offsets: usize, rowWords: usize, taps: i32, w: usize, bias: usize, out: usize, outBytes: usize, n: i32,
  zeros: usize,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
  const end = w + (<usize>taps << 6);
  while (w < end) {
    const o0 = load<i32>(offsets), o1 = load<i32>(offsets + rowWords);
    const x0 = select<usize>(zeros, x + <usize>o0, o0 < 0);
    const x1 = select<usize>(zeros, x + <usize>o1, o1 < 0);
    const b0 = v128.load(w, 0);
    const b1 = v128.load(w, 16);
    const b2 = v128.load(w, 32);
    const b3 = v128.load(w, 48);
    c00 = f32x4.add(c00, f32x4.mul(v128.load(x0, 0), b0));
    c01 = f32x4.add(c01, f32x4.mul(v128.load(x0, 16), b1));
    c02 = f32x4.add(c02, f32x4.mul(v128.load(x0, 32), b2));
    c03 = f32x4.add(c03, f32x4.mul(v128.load(x0, 48), b3));
    c10 = f32x4.add(c10, f32x4.mul(v128.load(x1, 0), b0));
    c11 = f32x4.add(c11, f32x4.mul(v128.load(x1, 16), b1));
    c12 = f32x4.add(c12, f32x4.mul(v128.load(x1, 32), b2));
    c13 = f32x4.add(c13, f32x4.mul(v128.load(x1, 48), b3));
    offsets += 4;
    w += 64;
  }
  storePanel(out, bias, n, c00, c01, c02, c03);
  if (outBytes) storePanel(out + outBytes, bias, n, c10, c11, c12, c13);
}

export function depthwiseOuter(
  x: usize, xSampleStride: usize, table: usize, taps: i32, dy: usize, dySampleStride: usize, dyRowStride: usize,
  samples: i32, rows: i32, n: i32, chunkSamples: i32, out: usize, continued: i32,
): void {
  if (!continued) memory.fill(out, 0, (<usize>taps * <usize>n) << 2);
  const rowWords = <usize>taps << 2;
  for (let s = 0; s < samples; s += chunkSamples) {
    const count = min(chunkSamples, samples - s);
    const xs = x + <usize>s * xSampleStride, dys = dy + <usize>s * dySampleStride;
    for (let t = 0; t < taps; t++) {
      const to = out + ((<usize>t * <usize>n) << 2);
      outerTap(xs, xSampleStride, table + (<usize>t << 2), rowWords, dys, dySampleStride, dyRowStride, count, rows, n, to);
    }
  }
}

/** Adds one chunk's sums of one tap to the n floats at `out`. */
function outerTap(
  x: usize, xSampleStride: usize, table: usize, rowWords: usize, dy: usize, dySampleStride: usize, dyRowStride: usize,
  samples: i32, rows: i32, n: i32, out: usize,
): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), c2 = f32x4.splat(0), c3 = f32x4.splat(0);
  for (let s = 0; s < samples; s++) {
    let offsets = table, d = dy;
    for (let r = 0; r < rows; r++) {
      const offset = load<i32>(offsets);
      if (offset >= 0) {
        const from = x + <usize>offset;
        c0 = f32x4.add(c0, f32x4.mul(v128.load(from, 0), v128.load(d, 0)));
        c1 = f32x4.add(c1, f32x4.mul(v128.load(from, 16), v128.load(d, 16)));
        c2 = f32x4.add(c2, f32x4.mul(v128.load(from, 32), v128.load(d, 32)));
        c3 = f32x4.add(c3, f32x4.mul(v128.load(from, 48), v128.load(d, 48)));
      }
      offsets += rowWords;
      d += dyRowStride;
    }
    x += xSampleStride;
    dy += dySampleStride;
  }
  storePanel(out, out, n, c0, c1, c2, c3);
}
