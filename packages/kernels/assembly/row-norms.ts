// The max-norm constraint on rows of n floats, in place. `=`. Two vectors of sums, added lane by lane at the end.
import { storeLanes } from './lanes';

/** The first `count` (1 to 4) lanes of the vector at x, zeros after them. */
// @ts-ignore: decorator
@inline
function loadLanes(x: usize, count: i32): v128 {
  if (count >= 4) return v128.load(x);
  let v = v128.load32_zero(x);
  if (count > 1) v = v128.load32_lane(x, v, 1, 4);
  if (count > 2) v = v128.load32_lane(x, v, 2, 8);
  return v;
}

export function limitRowNorms(w: usize, rows: i32, n: i32, limit: usize): void {
  const most = load<f32>(limit);
  for (let row = 0; row < rows; row++) {
    let low = f32x4.splat(0), high = f32x4.splat(0);
    let i = 0;
    for (; i + 8 <= n; i += 8) {
      const at = w + (<usize>i << 2);
      const a = v128.load(at), b = v128.load(at, 16);
      low = f32x4.add(low, f32x4.mul(a, a));
      high = f32x4.add(high, f32x4.mul(b, b));
    }
    const rest = w + (<usize>i << 2);
    if (i < n) {
      const a = loadLanes(rest, n - i);
      low = f32x4.add(low, f32x4.mul(a, a));
    }
    if (i + 4 < n) {
      const b = loadLanes(rest + 16, n - i - 4);
      high = f32x4.add(high, f32x4.mul(b, b));
    }
    const four = f32x4.add(low, high);
    const even = f32x4.extract_lane(four, 0) + f32x4.extract_lane(four, 2);
    const odd = f32x4.extract_lane(four, 1) + f32x4.extract_lane(four, 3);
    const norm = sqrt<f32>(even + odd);
    if (norm > most) {
      const factor = f32x4.splat(most / (norm + 1e-7));
      for (let j = 0; j < n; j += 4) {
        const at = w + (<usize>j << 2);
        const count = n - j;
        storeLanes(at, f32x4.mul(loadLanes(at, count), factor), count);
      }
    }
    w += <usize>n << 2;
  }
}
