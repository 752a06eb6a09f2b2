// Reductions over the middle axis of [outer, length, inner], and column sums. `=`, no overlap. Result i = o·inner +
// j. Where inner ≥ 4 four neighbouring j go in lanes; every result keeps its own order, l ascending.
import { storeLanes } from './lanes';

/** Sum of `length` floats `stride` bytes apart, in f64, ascending. */
// @ts-ignore: decorator
@inline
function sumOne(x: usize, length: i32, stride: usize): f64 {
  let sum: f64 = 0;
  for (let l = 0; l < length; l++) {
    sum += <f64>load<f32>(x);
    x += stride;
  }
  return sum;
}

export function reduceSum(
  x: usize, out: usize, length: i32, inner: i32, start: i32, count: i32, scaleBits: i32,
): void {
  const scale = <f64>reinterpret<f32>(scaleBits);
  const stride = <usize>inner << 2;
  const end = start + count;
  for (let i = start; i < end; ) {
    const j = i % inner;
    const from = x + <usize>(i / inner) * <usize>length * stride + (<usize>j << 2);
    if (min(inner - j, end - i) >= 4) {
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      let p = from;
      for (let l = 0; l < length; l++) {
        const v = v128.load(p);
        low = f64x2.add(low, f64x2.promote_low_f32x4(v));
        high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0)));
        p += stride;
      }
      const factor = f64x2.splat(scale);
      const a = f32x4.demote_f64x2_zero(f64x2.mul(factor, low));
      const b = f32x4.demote_f64x2_zero(f64x2.mul(factor, high));
      v128.store(out, i64x2.shuffle(a, b, 0, 2));
      out += 16;
      i += 4;
    } else if (inner == 1 && end - i >= 4) {
      // Four whole rows side by side: four independent chains hide the latency of the additions.
      const rowBytes = <usize>length << 2;
      let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
      let p = from;
      for (let l = 0; l < length; l++) {
        s0 += <f64>load<f32>(p);
        s1 += <f64>load<f32>(p + rowBytes);
        s2 += <f64>load<f32>(p + 2 * rowBytes);
        s3 += <f64>load<f32>(p + 3 * rowBytes);
        p += 4;
      }
      store<f32>(out, <f32>(scale * s0));
      store<f32>(out, <f32>(scale * s1), 4);
      store<f32>(out, <f32>(scale * s2), 8);
      store<f32>(out, <f32>(scale * s3), 12);
      out += 16;
      i += 4;
    } else {
      store<f32>(out, <f32>(scale * sumOne(from, length, stride)));
      out += 4;
      i++;
    }
  }
}

export function reduceProd(x: usize, out: usize, length: i32, inner: i32, start: i32, count: i32): void {
  const stride = <usize>inner << 2;
  for (let i = start, end = start + count; i < end; i++) {
    let from = x + <usize>(i / inner) * <usize>length * stride + (<usize>(i % inner) << 2);
    let product: f64 = 1;
    for (let l = 0; l < length; l++) {
      product *= <f64>load<f32>(from);
      from += stride;
    }
    store<f32>(out, <f32>product);
    out += 4;
  }
}

export function reduceMax(x: usize, out: usize, length: i32, inner: i32, start: i32, count: i32): void {
  const stride = <usize>inner << 2;
  const end = start + count;
  for (let i = start; i < end; ) {
    const j = i % inner;
    let from = x + <usize>(i / inner) * <usize>length * stride + (<usize>j << 2);
    const lanes = min(4, min(inner - j, end - i));
    let best = v128.load(from);
    for (let l = 1; l < length; l++) {
      from += stride;
      best = f32x4.max(best, v128.load(from));
    }
    storeLanes(out, best, lanes);
    out += <usize>lanes << 2;
    i += lanes;
  }
}

export function argMax(x: usize, out: usize, length: i32, inner: i32, start: i32, count: i32): void {
  const stride = <usize>inner << 2;
  const end = start + count;
  for (let i = start; i < end; i++) {
    const from = x + <usize>(i / inner) * <usize>length * stride + (<usize>(i % inner) << 2);
    store<i32>(out, indexOfMax(from, length, stride));
    out += 4;
  }
}

/** The first position of the largest of `length` ≥ 1 floats `stride` bytes apart; NaN counts as largest. */
export function indexOfMax(x: usize, length: i32, stride: usize): i32 {
  let best = load<f32>(x);
  let position = 0;
  for (let l = 1; l < length; l++) {
    x += stride;
    const v = load<f32>(x);
    if (v > best || (v != v && best == best)) {
      best = v;
      position = l;
    }
  }
  return position;
}

/** Rows summed before a partial sum is closed: part of the contract of `sumRows`. */
const CHUNK_ROWS = 256;

export function sumRows(x: usize, rowStride: usize, rows: i32, n: i32, out: usize, continued: i32): void {
  if (!continued) memory.fill(out, 0, <usize>n << 2);
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const to = out + (<usize>j << 2);
    let t0 = v128.load(to), t1 = v128.load(to, 16), t2 = v128.load(to, 32), t3 = v128.load(to, 48);
    let p = x + (<usize>j << 2);
    for (let r = 0; r < rows; ) {
      let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
      for (const stop = min(rows, r + CHUNK_ROWS); r < stop; r++) {
        s0 = f32x4.add(s0, v128.load(p));
        s1 = f32x4.add(s1, v128.load(p, 16));
        s2 = f32x4.add(s2, v128.load(p, 32));
        s3 = f32x4.add(s3, v128.load(p, 48));
        p += rowStride;
      }
      t0 = f32x4.add(t0, s0);
      t1 = f32x4.add(t1, s1);
      t2 = f32x4.add(t2, s2);
      t3 = f32x4.add(t3, s3);
    }
    v128.store(to, t0);
    v128.store(to, t1, 16);
    v128.store(to, t2, 32);
    v128.store(to, t3, 48);
  }
  for (; j < n; j += 4) {
    let total = v128.load(out + (<usize>j << 2));
    let p = x + (<usize>j << 2);
    for (let r = 0; r < rows; ) {
      let sum = f32x4.splat(0);
      for (const stop = min(rows, r + CHUNK_ROWS); r < stop; r++) {
        sum = f32x4.add(sum, v128.load(p));
        p += rowStride;
      }
      total = f32x4.add(total, sum);
    }
    storeLanes(out + (<usize>j << 2), total, n - j);
  }
}
