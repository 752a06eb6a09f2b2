// What softmax and the losses share over one row of n ≥ 1 floats. Sums run in f64, j ascending, and are rounded to
// f32 once.
import { storeLanes } from './lanes';
import { expLanes } from './math';

/** Largest of a row; NaN if any is NaN. */
// @ts-ignore: decorator
@inline
export function rowMax(x: usize, n: i32): f32 {
  let best = load<f32>(x);
  for (let j = 1; j < n; j++) best = max<f32>(best, load<f32>(x + (<usize>j << 2)));
  return best;
}

/** Adds the first `count` lanes to a sum, ascending. */
// @ts-ignore: decorator
@inline
function addLanes(sum: f64, v: v128, count: i32): f64 {
  sum += <f64>f32x4.extract_lane(v, 0);
  if (count > 1) sum += <f64>f32x4.extract_lane(v, 1);
  if (count > 2) sum += <f64>f32x4.extract_lane(v, 2);
  if (count > 3) sum += <f64>f32x4.extract_lane(v, 3);
  return sum;
}

/** f32(Σ_j exp(x[j] − max)). */
export function sumExp(x: usize, n: i32, highest: f32): f32 {
  const m = f32x4.splat(highest);
  let sum: f64 = 0;
  for (let j = 0; j < n; j += 4) {
    sum = addLanes(sum, expLanes(f32x4.sub(v128.load(x + (<usize>j << 2)), m)), n - j);
  }
  return <f32>sum;
}

/** out[j] = exp(x[j] − max); returns their sum as `sumExp` does. x and out may be the same. */
export function storeExp(x: usize, out: usize, n: i32, highest: f32): f32 {
  const m = f32x4.splat(highest);
  let sum: f64 = 0;
  for (let j = 0; j < n; j += 4) {
    const e = expLanes(f32x4.sub(v128.load(x + (<usize>j << 2)), m));
    storeLanes(out + (<usize>j << 2), e, n - j);
    sum = addLanes(sum, e, n - j);
  }
  return <f32>sum;
}
