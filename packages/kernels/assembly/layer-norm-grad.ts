// Normalisation of contiguous rows of n floats, backward. `=`, no overlap. With x̂ = (x − mean)·invstd and g = dy·gamma, in f32.
import { highHalf, joinHalves, lowHalf } from './batch-norm';
import { storeLanes } from './lanes';
import { keepBelow, totalOf } from './row-sums';

// @ts-ignore: decorator
@inline
function scaled(dy: usize, gamma: usize, at: usize): v128 {
  const g = v128.load(dy + at);
  return gamma ? f32x4.mul(g, v128.load(gamma + at)) : g;
}

// @ts-ignore: decorator
@inline
function normalised(x: usize, mean: v128, invstd: v128): v128 {
  return f32x4.mul(f32x4.sub(v128.load(x), mean), invstd);
}

export function layerNormGrad(
  dy: usize, x: usize, statistics: usize, gamma: usize, dx: usize, rows: i32, n: i32, centred: i32,
): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    const mean = f32x4.splat(load<f32>(statistics)), invstd = f32x4.splat(load<f32>(statistics, 4));
    let a = f64x2.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    let i = 0;
    for (; i + 8 <= n; i += 8) {
      const at = <usize>i << 2;
      const u = scaled(dy, gamma, at), v = scaled(dy, gamma, at + 16);
      const p = f32x4.mul(u, normalised(x + at, mean, invstd)), q = f32x4.mul(v, normalised(x + at + 16, mean, invstd));
      a = f64x2.add(a, lowHalf(u));
      b = f64x2.add(b, highHalf(u));
      c = f64x2.add(c, lowHalf(v));
      d = f64x2.add(d, highHalf(v));
      e = f64x2.add(e, lowHalf(p));
      f = f64x2.add(f, highHalf(p));
      g = f64x2.add(g, lowHalf(q));
      h = f64x2.add(h, highHalf(q));
    }
    if (i < n) {
      const at = <usize>i << 2;
      const u = scaled(dy, gamma, at), v = scaled(dy, gamma, at + 16);
      const p = f32x4.mul(u, normalised(x + at, mean, invstd)), q = f32x4.mul(v, normalised(x + at + 16, mean, invstd));
      a = f64x2.add(a, keepBelow(lowHalf(u), i, n));
      b = f64x2.add(b, keepBelow(highHalf(u), i + 2, n));
      c = f64x2.add(c, keepBelow(lowHalf(v), i + 4, n));
      d = f64x2.add(d, keepBelow(highHalf(v), i + 6, n));
      e = f64x2.add(e, keepBelow(lowHalf(p), i, n));
      f = f64x2.add(f, keepBelow(highHalf(p), i + 2, n));
      g = f64x2.add(g, keepBelow(lowHalf(q), i + 4, n));
      h = f64x2.add(h, keepBelow(highHalf(q), i + 6, n));
    }
    const shift = f32x4.splat(centred ? <f32>(totalOf(a, b, c, d) / <f64>n) : 0);
    const slope = f32x4.splat(<f32>(totalOf(e, f, g, h) / <f64>n));
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      const turned = f32x4.mul(normalised(x + at, mean, invstd), slope);
      const v = f32x4.mul(f32x4.sub(f32x4.sub(scaled(dy, gamma, at), shift), turned), invstd);
      storeLanes(dx + at, v, n - j);
    }
    dy += rowBytes;
    x += rowBytes;
    dx += rowBytes;
    statistics += 8;
  }
}

/** Both sums over the rows for four columns. */
// @ts-ignore: decorator
@inline
function sumsOfFour(
  dy: usize, x: usize, statistics: usize, rows: i32, rowBytes: usize, out: usize, sums: usize, lanes: i32,
): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16), p0 = v128.load(sums, 32), p1 = v128.load(sums, 48);
  for (let r = 0; r < rows; r++) {
    const g = v128.load(dy);
    const p = f32x4.mul(g, normalised(x, v128.load32_splat(statistics), v128.load32_splat(statistics, 4)));
    s0 = f64x2.add(s0, lowHalf(g));
    s1 = f64x2.add(s1, highHalf(g));
    p0 = f64x2.add(p0, lowHalf(p));
    p1 = f64x2.add(p1, highHalf(p));
    dy += rowBytes;
    x += rowBytes;
    statistics += 8;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, p0, 32);
  v128.store(sums, p1, 48);
  storeLanes(out, joinHalves(s0, s1), lanes);
  storeLanes(out + rowBytes, joinHalves(p0, p1), lanes);
}

/** The same for eight columns: twice the independent sums, so that additions overlap. */
// @ts-ignore: decorator
@inline
function sumsOfEight(
  dy: usize, x: usize, statistics: usize, rows: i32, rowBytes: usize, out: usize, sums: usize,
): void {
  let s0 = v128.load(sums), s1 = v128.load(sums, 16), p0 = v128.load(sums, 32), p1 = v128.load(sums, 48);
  let s2 = v128.load(sums, 64), s3 = v128.load(sums, 80), p2 = v128.load(sums, 96), p3 = v128.load(sums, 112);
  for (let r = 0; r < rows; r++) {
    const mean = v128.load32_splat(statistics), invstd = v128.load32_splat(statistics, 4);
    const g = v128.load(dy), h = v128.load(dy, 16);
    const p = f32x4.mul(g, normalised(x, mean, invstd)), q = f32x4.mul(h, normalised(x + 16, mean, invstd));
    s0 = f64x2.add(s0, lowHalf(g));
    s1 = f64x2.add(s1, highHalf(g));
    s2 = f64x2.add(s2, lowHalf(h));
    s3 = f64x2.add(s3, highHalf(h));
    p0 = f64x2.add(p0, lowHalf(p));
    p1 = f64x2.add(p1, highHalf(p));
    p2 = f64x2.add(p2, lowHalf(q));
    p3 = f64x2.add(p3, highHalf(q));
    dy += rowBytes;
    x += rowBytes;
    statistics += 8;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, p0, 32);
  v128.store(sums, p1, 48);
  v128.store(sums, s2, 64);
  v128.store(sums, s3, 80);
  v128.store(sums, p2, 96);
  v128.store(sums, p3, 112);
  v128.store(out, joinHalves(s0, s1));
  v128.store(out, joinHalves(s2, s3), 16);
  v128.store(out + rowBytes, joinHalves(p0, p1));
  v128.store(out + rowBytes, joinHalves(p2, p3), 16);
}

export function layerNormGradWeight(
  dy: usize, x: usize, statistics: usize, rows: i32, n: i32, first: i32, count: i32, out: usize, sums: usize,
  continued: i32,
): void {
  if (!continued) memory.fill(sums, 0, <usize>((count + 3) >> 2) << 6);
  const rowBytes = <usize>n << 2;
  const end = first + count;
  let j = first;
  for (; j + 8 <= end; j += 8) {
    const c = <usize>j << 2;
    sumsOfEight(dy + c, x + c, statistics, rows, rowBytes, out + c, sums + (<usize>(j - first) << 4));
  }
  for (; j < end; j += 4) {
    const c = <usize>j << 2;
    sumsOfFour(dy + c, x + c, statistics, rows, rowBytes, out + c, sums + (<usize>(j - first) << 4), end - j);
  }
}
