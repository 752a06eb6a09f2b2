// Outer products over rows, the gradient of weights. `=`, no overlap. out: [taps][k][16], all 16 lanes are written.
// Chunks of samples are outermost, so that a chunk of x and dy stays in cache while every (tap, k) tile passes over
// it; the running total of a tile lives in `out` between chunks. A tile is 4 k × 16 columns; a remainder of k goes
// one by one.

export function outerRows(
  x: usize, xSampleStride: usize, table: usize, taps: i32, k: i32, dy: usize, dySampleStride: usize, dyRowStride: usize,
  samples: i32, rows: i32, n: i32, chunkSamples: i32, out: usize, continued: i32,
): void {
  if (!continued) memory.fill(out, 0, (<usize>taps * <usize>k) << 6);
  const rowWords = taps << 2;
  for (let s = 0; s < samples; s += chunkSamples) {
    const count = min(chunkSamples, samples - s);
    const xs = x + <usize>s * xSampleStride;
    const dys = dy + <usize>s * dySampleStride;
    let to = out;
    for (let t = 0; t < taps; t++) {
      const column = table + (<usize>t << 2);
      for (let i = 0; i < k; ) {
        const from = xs + (<usize>i << 2);
        const wide = i + 4 <= k;
        if (rows == 1) {
          // A linear layer: the samples are walked as rows that share one table entry, which saves a loop.
          if (wide) outer4(from, 0, xSampleStride, column, 0, dys, 0, dySampleStride, 1, count, to);
          else outer1(from, 0, xSampleStride, column, 0, dys, 0, dySampleStride, 1, count, to);
        } else {
          if (wide) outer4(from, xSampleStride, 0, column, rowWords, dys, dySampleStride, dyRowStride, count, rows, to);
          else outer1(from, xSampleStride, 0, column, rowWords, dys, dySampleStride, dyRowStride, count, rows, to);
        }
        i += wide ? 4 : 1;
        to += wide ? 256 : 64;
      }
    }
  }
}

/** Adds Σ_r x[r][i] · dy[r][l] over `rows` rows to the totals out[i][l], i < k, l < 16; each sum starts at +0. */
export function addOuter(
  x: usize, xRowStride: usize, k: i32, dy: usize, dyRowStride: usize, rows: i32, out: usize, tmp: usize,
): void {
  store<i32>(tmp, 0);
  for (let i = 0; i < k; ) {
    const from = x + (<usize>i << 2);
    const wide = i + 4 <= k;
    if (wide) outer4(from, 0, xRowStride, tmp, 0, dy, 0, dyRowStride, 1, rows, out);
    else outer1(from, 0, xRowStride, tmp, 0, dy, 0, dyRowStride, 1, rows, out);
    i += wide ? 4 : 1;
    out += wide ? 256 : 64;
  }
}

/**
 * Adds the sum over samples, then rows, to 4 × 16 totals at `out`. `column`: the table's word of one tap for the
 * first row; the words of the next rows are `entryStep` bytes apart, their x `xRowStride` further.
 */
function outer4(
  x: usize, xSampleStride: usize, xRowStride: usize, column: usize, entryStep: usize, dy: usize, dySampleStride: usize,
  dyRowStride: usize, samples: i32, rows: i32, out: usize,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0), c12 = f32x4.splat(0), c13 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c22 = f32x4.splat(0), c23 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0), c32 = f32x4.splat(0), c33 = f32x4.splat(0);
  for (let s = 0; s < samples; s++) {
    let xRow = x + <usize>s * xSampleStride;
    let d = dy + <usize>s * dySampleStride;
    let entry = column;
    for (let r = 0; r < rows; r++) {
      const offset = load<i32>(entry);
      if (offset >= 0) {
        const xr = xRow + <usize>offset;
        const b0 = v128.load(d);
        const b1 = v128.load(d, 16);
        const b2 = v128.load(d, 32);
        const b3 = v128.load(d, 48);
        const a0 = v128.load32_splat(xr);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
        const a1 = v128.load32_splat(xr, 4);
        c10 = f32x4.add(c10, f32x4.mul(a1, b0));
        c11 = f32x4.add(c11, f32x4.mul(a1, b1));
        c12 = f32x4.add(c12, f32x4.mul(a1, b2));
        c13 = f32x4.add(c13, f32x4.mul(a1, b3));
        const a2 = v128.load32_splat(xr, 8);
        c20 = f32x4.add(c20, f32x4.mul(a2, b0));
        c21 = f32x4.add(c21, f32x4.mul(a2, b1));
        c22 = f32x4.add(c22, f32x4.mul(a2, b2));
        c23 = f32x4.add(c23, f32x4.mul(a2, b3));
        const a3 = v128.load32_splat(xr, 12);
        c30 = f32x4.add(c30, f32x4.mul(a3, b0));
        c31 = f32x4.add(c31, f32x4.mul(a3, b1));
        c32 = f32x4.add(c32, f32x4.mul(a3, b2));
        c33 = f32x4.add(c33, f32x4.mul(a3, b3));
      }
      d += dyRowStride;
      entry += entryStep;
      xRow += xRowStride;
    }
  }
  c00 = f32x4.add(v128.load(out, 0), c00);
  c01 = f32x4.add(v128.load(out, 16), c01);
  c02 = f32x4.add(v128.load(out, 32), c02);
  c03 = f32x4.add(v128.load(out, 48), c03);
  c10 = f32x4.add(v128.load(out, 64), c10);
  c11 = f32x4.add(v128.load(out, 80), c11);
  c12 = f32x4.add(v128.load(out, 96), c12);
  c13 = f32x4.add(v128.load(out, 112), c13);
  c20 = f32x4.add(v128.load(out, 128), c20);
  c21 = f32x4.add(v128.load(out, 144), c21);
  c22 = f32x4.add(v128.load(out, 160), c22);
  c23 = f32x4.add(v128.load(out, 176), c23);
  c30 = f32x4.add(v128.load(out, 192), c30);
  c31 = f32x4.add(v128.load(out, 208), c31);
  c32 = f32x4.add(v128.load(out, 224), c32);
  c33 = f32x4.add(v128.load(out, 240), c33);
  v128.store(out, c00, 0);
  v128.store(out, c01, 16);
  v128.store(out, c02, 32);
  v128.store(out, c03, 48);
  v128.store(out, c10, 64);
  v128.store(out, c11, 80);
  v128.store(out, c12, 96);
  v128.store(out, c13, 112);
  v128.store(out, c20, 128);
  v128.store(out, c21, 144);
  v128.store(out, c22, 160);
  v128.store(out, c23, 176);
  v128.store(out, c30, 192);
  v128.store(out, c31, 208);
  v128.store(out, c32, 224);
  v128.store(out, c33, 240);
}

/**
 * Adds the sum over samples, then rows, to 1 × 16 totals at `out`. `column`: the table's word of one tap for the
 * first row; the words of the next rows are `entryStep` bytes apart, their x `xRowStride` further.
 */
function outer1(
  x: usize, xSampleStride: usize, xRowStride: usize, column: usize, entryStep: usize, dy: usize, dySampleStride: usize,
  dyRowStride: usize, samples: i32, rows: i32, out: usize,
): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c02 = f32x4.splat(0), c03 = f32x4.splat(0);
  for (let s = 0; s < samples; s++) {
    let xRow = x + <usize>s * xSampleStride;
    let d = dy + <usize>s * dySampleStride;
    let entry = column;
    for (let r = 0; r < rows; r++) {
      const offset = load<i32>(entry);
      if (offset >= 0) {
        const xr = xRow + <usize>offset;
        const b0 = v128.load(d);
        const b1 = v128.load(d, 16);
        const b2 = v128.load(d, 32);
        const b3 = v128.load(d, 48);
        const a0 = v128.load32_splat(xr);
        c00 = f32x4.add(c00, f32x4.mul(a0, b0));
        c01 = f32x4.add(c01, f32x4.mul(a0, b1));
        c02 = f32x4.add(c02, f32x4.mul(a0, b2));
        c03 = f32x4.add(c03, f32x4.mul(a0, b3));
      }
      d += dyRowStride;
      entry += entryStep;
      xRow += xRowStride;
    }
  }
  c00 = f32x4.add(v128.load(out, 0), c00);
  c01 = f32x4.add(v128.load(out, 16), c01);
  c02 = f32x4.add(v128.load(out, 32), c02);
  c03 = f32x4.add(v128.load(out, 48), c03);
  v128.store(out, c00, 0);
  v128.store(out, c01, 16);
  v128.store(out, c02, 32);
  v128.store(out, c03, 48);
}
