// Batch normalisation, forward, on channels-last rows of n floats. `=`, no overlap. Statistics run in f64: per sample about
// the sample's first row, so that a large mean costs no digits, then over the samples in two passes.
import { storeLanes } from './lanes';

// @ts-ignore: decorator
@inline
export function lowHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

// @ts-ignore: decorator
@inline
export function highHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0));
}

/** Four floats from two pairs of f64. */
// @ts-ignore: decorator
@inline
export function joinHalves(low: v128, high: v128): v128 {
  return i64x2.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

// @ts-ignore: decorator
@inline
function squaresAboutMean(squares: v128, sum: v128, rows: v128): v128 {
  return f64x2.max(f64x2.sub(squares, f64x2.mul(sum, f64x2.div(sum, rows))), f64x2.splat(0));
}

/** Moments of four channels of one sample. */
// @ts-ignore: decorator
@inline
function momentsOfFour(x: usize, rows: i32, rowBytes: usize, out: usize, lanes: i32): void {
  const first = v128.load(x);
  const k0 = lowHalf(first), k1 = highHalf(first);
  let s0 = f64x2.splat(0), s1 = s0, q0 = s0, q1 = s0;
  for (let r = 0; r < rows; r++) {
    const v = v128.load(x);
    const d0 = f64x2.sub(lowHalf(v), k0), d1 = f64x2.sub(highHalf(v), k1);
    s0 = f64x2.add(s0, d0);
    s1 = f64x2.add(s1, d1);
    q0 = f64x2.add(q0, f64x2.mul(d0, d0));
    q1 = f64x2.add(q1, f64x2.mul(d1, d1));
    x += rowBytes;
  }
  const count = f64x2.splat(<f64>rows);
  const mean = joinHalves(f64x2.add(k0, f64x2.div(s0, count)), f64x2.add(k1, f64x2.div(s1, count)));
  storeLanes(out, mean, lanes);
  const m2 = joinHalves(squaresAboutMean(q0, s0, count), squaresAboutMean(q1, s1, count));
  storeLanes(out + rowBytes, m2, lanes);
}

/** Moments of eight channels of one sample: twice the independent sums, so that additions overlap. */
// @ts-ignore: decorator
@inline
function momentsOfEight(x: usize, rows: i32, rowBytes: usize, out: usize): void {
  const a = v128.load(x), b = v128.load(x, 16);
  const k0 = lowHalf(a), k1 = highHalf(a), k2 = lowHalf(b), k3 = highHalf(b);
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, q0 = s0, q1 = s0, q2 = s0, q3 = s0;
  for (let r = 0; r < rows; r++) {
    const v = v128.load(x), w = v128.load(x, 16);
    const d0 = f64x2.sub(lowHalf(v), k0), d1 = f64x2.sub(highHalf(v), k1);
    const d2 = f64x2.sub(lowHalf(w), k2), d3 = f64x2.sub(highHalf(w), k3);
    s0 = f64x2.add(s0, d0);
    s1 = f64x2.add(s1, d1);
    s2 = f64x2.add(s2, d2);
    s3 = f64x2.add(s3, d3);
    q0 = f64x2.add(q0, f64x2.mul(d0, d0));
    q1 = f64x2.add(q1, f64x2.mul(d1, d1));
    q2 = f64x2.add(q2, f64x2.mul(d2, d2));
    q3 = f64x2.add(q3, f64x2.mul(d3, d3));
    x += rowBytes;
  }
  const count = f64x2.splat(<f64>rows);
  v128.store(out, joinHalves(f64x2.add(k0, f64x2.div(s0, count)), f64x2.add(k1, f64x2.div(s1, count))));
  v128.store(out, joinHalves(f64x2.add(k2, f64x2.div(s2, count)), f64x2.add(k3, f64x2.div(s3, count))), 16);
  const squares = out + rowBytes;
  v128.store(squares, joinHalves(squaresAboutMean(q0, s0, count), squaresAboutMean(q1, s1, count)));
  v128.store(squares, joinHalves(squaresAboutMean(q2, s2, count), squaresAboutMean(q3, s3, count)), 16);
}

export function batchNormMoments(x: usize, samples: i32, rows: i32, n: i32, out: usize): void {
  const rowBytes = <usize>n << 2;
  for (let s = 0; s < samples; s++) {
    let j = 0;
    for (; j + 8 <= n; j += 8) momentsOfEight(x + (<usize>j << 2), rows, rowBytes, out + (<usize>j << 2));
    for (; j < n; j += 4) momentsOfFour(x + (<usize>j << 2), rows, rowBytes, out + (<usize>j << 2), n - j);
    x += <usize>rows * rowBytes;
    out += 2 * rowBytes;
  }
}

export function batchNormStatistics(
  moments: usize, samples: i32, rows: i32, n: i32, first: i32, count: i32, epsBits: i32, out: usize,
): void {
  const rowBytes = <usize>n << 2;
  const eps = f64x2.splat(<f64>reinterpret<f32>(epsBits));
  const values = f64x2.splat(<f64>samples * <f64>rows);
  const others = f64x2.splat(max<f64>(1, <f64>samples * <f64>rows - 1));
  const each = f64x2.splat(<f64>rows), total = f64x2.splat(<f64>samples), one = f64x2.splat(1);
  for (let c = first; c < first + count; c += 4) {
    const lanes = first + count - c;
    const from = moments + (<usize>c << 2);
    let mean0 = f64x2.splat(0), mean1 = mean0;
    for (let s = 0; s < samples; s++) {
      const m = v128.load(from + <usize>s * 2 * rowBytes);
      mean0 = f64x2.add(mean0, lowHalf(m));
      mean1 = f64x2.add(mean1, highHalf(m));
    }
    mean0 = f64x2.div(mean0, total);
    mean1 = f64x2.div(mean1, total);
    let inside0 = f64x2.splat(0), inside1 = inside0, between0 = inside0, between1 = inside0;
    for (let s = 0; s < samples; s++) {
      const at = from + <usize>s * 2 * rowBytes;
      const m = v128.load(at), m2 = v128.load(at + rowBytes);
      const d0 = f64x2.sub(lowHalf(m), mean0), d1 = f64x2.sub(highHalf(m), mean1);
      inside0 = f64x2.add(inside0, lowHalf(m2));
      inside1 = f64x2.add(inside1, highHalf(m2));
      between0 = f64x2.add(between0, f64x2.mul(d0, d0));
      between1 = f64x2.add(between1, f64x2.mul(d1, d1));
    }
    const sum0 = f64x2.add(inside0, f64x2.mul(each, between0)), sum1 = f64x2.add(inside1, f64x2.mul(each, between1));
    const root0 = f64x2.sqrt(f64x2.add(f64x2.div(sum0, values), eps));
    const root1 = f64x2.sqrt(f64x2.add(f64x2.div(sum1, values), eps));
    const to = out + (<usize>c << 2);
    storeLanes(to, joinHalves(mean0, mean1), lanes);
    storeLanes(to + rowBytes, joinHalves(f64x2.div(one, root0), f64x2.div(one, root1)), lanes);
    storeLanes(to + 2 * rowBytes, joinHalves(f64x2.div(sum0, others), f64x2.div(sum1, others)), lanes);
  }
}

export function batchNorm(
  x: usize, statistics: usize, gamma: usize, beta: usize, out: usize, rows: i32, n: i32, relu: i32, tmp: usize,
): void {
  const rowBytes = <usize>n << 2;
  for (let j = 0; j < n; j += 4) {
    const at = <usize>j << 2;
    v128.store(tmp + at, f32x4.mul(v128.load(statistics + rowBytes + at), v128.load(gamma + at)));
  }
  const end = <usize>(n & ~3) << 2;
  const floor = relu ? f32x4.splat(0) : f32x4.splat(-Infinity);
  for (let r = 0; r < rows; r++) {
    let at: usize = 0;
    for (; at < end; at += 16) {
      const scaled = f32x4.mul(f32x4.sub(v128.load(x + at), v128.load(statistics + at)), v128.load(tmp + at));
      v128.store(out + at, f32x4.max(f32x4.add(scaled, v128.load(beta + at)), floor));
    }
    if (n & 3) {
      const scaled = f32x4.mul(f32x4.sub(v128.load(x + at), v128.load(statistics + at)), v128.load(tmp + at));
      storeLanes(out + at, f32x4.max(f32x4.add(scaled, v128.load(beta + at)), floor), n & 3);
    }
    x += rowBytes;
    out += rowBytes;
  }
}

/** momentum · fresh + (1 − momentum) · old, in f64. */
// @ts-ignore: decorator
@inline
function blend(at: usize, fresh: f32, momentum: f64): void {
  store<f32>(at, <f32>(momentum * <f64>fresh + (1 - momentum) * <f64>load<f32>(at)));
}

export function batchNormRunning(
  statistics: usize, mean: usize, variance: usize, counter: usize, n: i32, momentumBits: i32, cumulative: i32,
): void {
  const batches = load<i32>(counter) + 1;
  store<i32>(counter, batches);
  const momentum: f64 = cumulative ? 1 / <f64>batches : <f64>reinterpret<f32>(momentumBits);
  const rowBytes = <usize>n << 2;
  for (let at: usize = 0; at < rowBytes; at += 4) {
    blend(mean + at, load<f32>(statistics + at), momentum);
    blend(variance + at, load<f32>(statistics + 2 * rowBytes + at), momentum);
  }
}
