// Batch normalisation, backward, on channels-last rows of n floats. `=`, no overlap. y = 0 (null): no ReLU followed.
import { highHalf, joinHalves, lowHalf } from './batch-norm';
import { storeLanes } from './lanes';

/** Where the gradient passes the ReLU: dy where y > 0, else +0. */
// @ts-ignore: decorator
@inline
function passed(dy: usize, y: usize): v128 {
  if (!y) return v128.load(dy);
  return v128.and(v128.load(dy), f32x4.gt(v128.load(y), f32x4.splat(0)));
}

/** Both sums of four channels of one sample. */
// @ts-ignore: decorator
@inline
function sumsOfFour(dy: usize, x: usize, y: usize, rows: i32, rowBytes: usize, table: usize, out: usize, n: i32): void {
  const mean = v128.load(table), scale = v128.load(table + rowBytes);
  let s0 = f64x2.splat(0), s1 = s0, p0 = s0, p1 = s0;
  let at: usize = 0;
  for (let r = 0; r < rows; r++) {
    const g = passed(dy + at, y ? y + at : 0);
    const p = f32x4.mul(g, f32x4.sub(v128.load(x + at), mean));
    s0 = f64x2.add(s0, lowHalf(g));
    s1 = f64x2.add(s1, highHalf(g));
    p0 = f64x2.add(p0, lowHalf(p));
    p1 = f64x2.add(p1, highHalf(p));
    at += rowBytes;
  }
  storeLanes(out, joinHalves(s0, s1), n);
  storeLanes(out + rowBytes, joinHalves(f64x2.mul(p0, lowHalf(scale)), f64x2.mul(p1, highHalf(scale))), n);
}

/** The same for eight channels: twice the independent sums, so that additions overlap. */
// @ts-ignore: decorator
@inline
function sumsOfEight(dy: usize, x: usize, y: usize, rows: i32, rowBytes: usize, table: usize, out: usize): void {
  const mean = v128.load(table), mean2 = v128.load(table, 16);
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, p0 = s0, p1 = s0, p2 = s0, p3 = s0;
  let at: usize = 0;
  for (let r = 0; r < rows; r++) {
    const g = passed(dy + at, y ? y + at : 0), h = passed(dy + at + 16, y ? y + at + 16 : 0);
    const p = f32x4.mul(g, f32x4.sub(v128.load(x + at), mean));
    const q = f32x4.mul(h, f32x4.sub(v128.load(x + at, 16), mean2));
    s0 = f64x2.add(s0, lowHalf(g));
    s1 = f64x2.add(s1, highHalf(g));
    s2 = f64x2.add(s2, lowHalf(h));
    s3 = f64x2.add(s3, highHalf(h));
    p0 = f64x2.add(p0, lowHalf(p));
    p1 = f64x2.add(p1, highHalf(p));
    p2 = f64x2.add(p2, lowHalf(q));
    p3 = f64x2.add(p3, highHalf(q));
    at += rowBytes;
  }
  const scale = v128.load(table + rowBytes), scale2 = v128.load(table + rowBytes, 16);
  v128.store(out, joinHalves(s0, s1));
  v128.store(out, joinHalves(s2, s3), 16);
  v128.store(out + rowBytes, joinHalves(f64x2.mul(p0, lowHalf(scale)), f64x2.mul(p1, highHalf(scale))));
  v128.store(out + rowBytes, joinHalves(f64x2.mul(p2, lowHalf(scale2)), f64x2.mul(p3, highHalf(scale2))), 16);
}

export function batchNormGradSums(
  dy: usize, x: usize, y: usize, statistics: usize, samples: i32, rows: i32, n: i32, out: usize,
): void {
  const rowBytes = <usize>n << 2;
  for (let s = 0; s < samples; s++) {
    let j = 0;
    for (; j + 8 <= n; j += 8) {
      const c = <usize>j << 2;
      if (y) sumsOfEight(dy + c, x + c, y + c, rows, rowBytes, statistics + c, out + c);
      else sumsOfEight(dy + c, x + c, 0, rows, rowBytes, statistics + c, out + c);
    }
    for (; j < n; j += 4) {
      const c = <usize>j << 2;
      sumsOfFour(dy + c, x + c, y ? y + c : 0, rows, rowBytes, statistics + c, out + c, n - j);
    }
    dy += <usize>rows * rowBytes;
    x += <usize>rows * rowBytes;
    if (y) y += <usize>rows * rowBytes;
    out += 2 * rowBytes;
  }
}

/** The factors of each channel: scale = invstd · gamma, mean of dy, invstd · mean of dy · x̂; `tmp` holds three rows of them. */
// @ts-ignore: decorator
@inline
function writeFactors(statistics: usize, gamma: usize, sums: usize, n: i32, count: f64, tmp: usize, row: usize): void {
  const rowBytes = <usize>n << 2;
  const values = f64x2.splat(count);
  for (let j = 0; j < n; j += 4) {
    const at = <usize>j << 2;
    const invstd = v128.load(statistics + rowBytes + at);
    v128.store(tmp + at, f32x4.mul(invstd, v128.load(gamma + at)));
    if (!sums) continue;
    const s = v128.load(sums + at), p = v128.load(sums + rowBytes + at);
    v128.store(tmp + row + at, joinHalves(f64x2.div(lowHalf(s), values), f64x2.div(highHalf(s), values)));
    const p0 = f64x2.div(f64x2.mul(lowHalf(p), lowHalf(invstd)), values);
    const p1 = f64x2.div(f64x2.mul(highHalf(p), highHalf(invstd)), values);
    v128.store(tmp + 2 * row + at, joinHalves(p0, p1));
  }
}

/** dx of four channels of one row; `tmp` and `table` point at those channels. */
// @ts-ignore: decorator
@inline
function gradOfFour(dy: usize, x: usize, y: usize, table: usize, centred: bool, tmp: usize, row: usize): v128 {
  let g = passed(dy, y);
  if (centred) {
    const d = f32x4.sub(v128.load(x), v128.load(table));
    g = f32x4.sub(f32x4.sub(g, v128.load(tmp + row)), f32x4.mul(d, v128.load(tmp + 2 * row)));
  }
  return f32x4.mul(g, v128.load(tmp));
}

/** One row; inlined for each combination of flags, so that none is tested within. */
// @ts-ignore: decorator
@inline
function gradOfRow(
  dy: usize, x: usize, y: usize, table: usize, dx: usize, n: i32, masked: bool, centred: bool, tmp: usize, row: usize,
): void {
  let at: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; at < end; at += 16)
    v128.store(dx + at, gradOfFour(dy + at, x + at, masked ? y + at : 0, table + at, centred, tmp + at, row));
  if (!(n & 3)) return;
  storeLanes(dx + at, gradOfFour(dy + at, x + at, masked ? y + at : 0, table + at, centred, tmp + at, row), n & 3);
}

export function batchNormGrad(
  dy: usize, x: usize, y: usize, statistics: usize, gamma: usize, sums: usize, dx: usize, rows: i32, n: i32,
  count: i32, tmp: usize,
): void {
  const rowBytes = <usize>n << 2;
  const row = (rowBytes + 15) & ~15;
  writeFactors(statistics, gamma, sums, n, <f64>count, tmp, row);
  for (let r = 0; r < rows; r++) {
    if (sums && y) gradOfRow(dy, x, y, statistics, dx, n, true, true, tmp, row);
    else if (sums) gradOfRow(dy, x, y, statistics, dx, n, false, true, tmp, row);
    else if (y) gradOfRow(dy, x, y, statistics, dx, n, true, false, tmp, row);
    else gradOfRow(dy, x, y, statistics, dx, n, false, false, tmp, row);
    dy += rowBytes;
    x += rowBytes;
    if (y) y += rowBytes;
    dx += rowBytes;
  }
}
