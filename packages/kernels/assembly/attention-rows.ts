// Rows of attention scores: scale, masks and softmax in place, and back. A row has n floats of which those before
// `limit` take part; the others become +0. Sums run in f64 in four interleaved sums s0…s3, then (s0 + s2) + (s1 + s3).
import { choose, storeLanes } from './lanes';
import { expLanes } from './math';

/** Ones in the lanes of j, j + 1, … that are below the limit. */
// @ts-ignore: decorator
@inline
function below(j: i32, limit: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4.splat(j), i32x4(0, 1, 2, 3)), i32x4.splat(limit));
}

// @ts-ignore: decorator
@inline
function highHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
}

// @ts-ignore: decorator
@inline
function total(low: v128, high: v128): f32 {
  const both = f64x2.add(low, high);
  return <f32>(f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1));
}

// @ts-ignore: decorator
@inline
function clearFrom(row: usize, from: i32, n: i32): void {
  if (from < n) memory.fill(row + (<usize>from << 2), 0, <usize>(n - from) << 2);
}

/** v = s · scale + mask + keyMask, then exp(v − max) ÷ Σ exp(v − max). Masks may be 0 (null). */
export function attentionRow(s: usize, n: i32, limit: i32, scale: f32, mask: usize, keyMask: usize): void {
  const factor = f32x4.splat(scale), lowest = f32x4.splat(-Infinity);
  let highest = lowest;
  for (let j = 0; j < limit; j += 4) {
    const at = <usize>j << 2;
    let v = f32x4.mul(v128.load(s + at), factor);
    if (mask) v = f32x4.add(v, v128.load(mask + at));
    if (keyMask) v = f32x4.add(v, v128.load(keyMask + at));
    storeLanes(s + at, v, n - j);
    highest = f32x4.max(highest, choose(below(j, limit), v, lowest));
  }
  const m = f32x4.splat(max<f32>(
    max<f32>(f32x4.extract_lane(highest, 0), f32x4.extract_lane(highest, 1)),
    max<f32>(f32x4.extract_lane(highest, 2), f32x4.extract_lane(highest, 3)),
  ));
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let j = 0; j < limit; j += 4) {
    const at = <usize>j << 2;
    const e = v128.and(expLanes(f32x4.sub(v128.load(s + at), m)), below(j, limit));
    storeLanes(s + at, e, n - j);
    low = f64x2.add(low, f64x2.promote_low_f32x4(e));
    high = f64x2.add(high, highHalf(e));
  }
  const sum = f32x4.splat(total(low, high));
  for (let j = 0; j < limit; j += 4) {
    const at = <usize>j << 2;
    storeLanes(s + at, v128.and(f32x4.div(v128.load(s + at), sum), below(j, limit)), n - j);
  }
  clearFrom(s, (limit + 3) & ~3, n);
}

/** d = ((d − Σ d·p) · p) · scale: the gradient of the scores from that of the probabilities p. */
export function attentionRowGrad(d: usize, p: usize, n: i32, limit: i32, scale: f32): void {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let j = 0; j < limit; j += 4) {
    const at = <usize>j << 2;
    const inside = below(j, limit);
    const a = v128.and(v128.load(d + at), inside), b = v128.and(v128.load(p + at), inside);
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b)));
    high = f64x2.add(high, f64x2.mul(highHalf(a), highHalf(b)));
  }
  const dot = f32x4.splat(total(low, high)), factor = f32x4.splat(scale);
  for (let j = 0; j < limit; j += 4) {
    const at = <usize>j << 2;
    const v = f32x4.mul(f32x4.mul(f32x4.sub(v128.load(d + at), dot), v128.load(p + at)), factor);
    storeLanes(d + at, v128.and(v, below(j, limit)), n - j);
  }
  clearFrom(d, (limit + 3) & ~3, n);
}
