// Normalisation of contiguous rows of n floats, forward. `=`, no overlap. `statistics`: [mean, 1/√(variance + eps)] of each row.
import { highHalf, lowHalf } from './batch-norm';
import { storeLanes } from './lanes';
import { keepBelow, totalOf } from './row-sums';

function rowMean(x: usize, n: i32): f64 {
  let a = f64x2.splat(0), b = a, c = a, d = a;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const u = v128.load(x), v = v128.load(x, 16);
    a = f64x2.add(a, lowHalf(u));
    b = f64x2.add(b, highHalf(u));
    c = f64x2.add(c, lowHalf(v));
    d = f64x2.add(d, highHalf(v));
    x += 32;
  }
  if (i < n) {
    const u = v128.load(x), v = v128.load(x, 16);
    a = f64x2.add(a, keepBelow(lowHalf(u), i, n));
    b = f64x2.add(b, keepBelow(highHalf(u), i + 2, n));
    c = f64x2.add(c, keepBelow(lowHalf(v), i + 4, n));
    d = f64x2.add(d, keepBelow(highHalf(v), i + 6, n));
  }
  return totalOf(a, b, c, d) / <f64>n;
}

// @ts-ignore: decorator
@inline
function squareOf(v: v128, mean: v128): v128 {
  const d = f64x2.sub(v, mean);
  return f64x2.mul(d, d);
}

/** Σ (x − mean)². */
function squaresAbout(x: usize, n: i32, centre: f64): f64 {
  const mean = f64x2.splat(centre);
  let a = f64x2.splat(0), b = a, c = a, d = a;
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    const u = v128.load(x), v = v128.load(x, 16);
    a = f64x2.add(a, squareOf(lowHalf(u), mean));
    b = f64x2.add(b, squareOf(highHalf(u), mean));
    c = f64x2.add(c, squareOf(lowHalf(v), mean));
    d = f64x2.add(d, squareOf(highHalf(v), mean));
    x += 32;
  }
  if (i < n) {
    const u = v128.load(x), v = v128.load(x, 16);
    a = f64x2.add(a, keepBelow(squareOf(lowHalf(u), mean), i, n));
    b = f64x2.add(b, keepBelow(squareOf(highHalf(u), mean), i + 2, n));
    c = f64x2.add(c, keepBelow(squareOf(lowHalf(v), mean), i + 4, n));
    d = f64x2.add(d, keepBelow(squareOf(highHalf(v), mean), i + 6, n));
  }
  return totalOf(a, b, c, d);
}

export function layerNormStatistics(x: usize, rows: i32, n: i32, epsBits: i32, centred: i32, out: usize): void {
  const eps = <f64>reinterpret<f32>(epsBits);
  for (let r = 0; r < rows; r++) {
    const mean = centred ? rowMean(x, n) : 0;
    store<f32>(out, <f32>mean);
    store<f32>(out, <f32>(1 / sqrt<f64>(squaresAbout(x, n, mean) / <f64>n + eps)), 4);
    x += <usize>n << 2;
    out += 8;
  }
}

export function layerNorm(
  x: usize, statistics: usize, gamma: usize, beta: usize, out: usize, rows: i32, n: i32,
): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    const mean = f32x4.splat(load<f32>(statistics)), invstd = f32x4.splat(load<f32>(statistics, 4));
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      let v = f32x4.mul(f32x4.sub(v128.load(x + at), mean), invstd);
      if (gamma) v = f32x4.mul(v, v128.load(gamma + at));
      if (beta) v = f32x4.add(v, v128.load(beta + at));
      storeLanes(out + at, v, n - j);
    }
    x += rowBytes;
    out += rowBytes;
    statistics += 8;
  }
}
