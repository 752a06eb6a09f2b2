// Small inlined pieces that every kernel shares: tails of fewer than four floats and 4×4 transposes.

/** Writes the first `count` (1…4) lanes of `v` and nothing else. */
// @ts-ignore: decorator
@inline
export function storeLanes(out: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(out, v);
    return;
  }
  v128.store32_lane(out, v, 0);
  if (count > 1) v128.store32_lane(out, v, 1, 4);
  if (count > 2) v128.store32_lane(out, v, 2, 8);
}

/** `mask ? a : b` lane by lane, for masks of all ones or all zeros. */
// @ts-ignore: decorator
@inline
export function choose(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** Copies n floats with vector loads that may read past the end of `src`, never writing past the end of `out`. */
// @ts-ignore: decorator
@inline
export function copyFloats(src: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), v128.load(src + (<usize>i << 2)));
  for (; i < n; i++) store<f32>(out + (<usize>i << 2), load<f32>(src + (<usize>i << 2)));
}

/** Reads four rows of four floats, `rowStride` bytes apart, and writes their transpose. */
// @ts-ignore: decorator
@inline
export function transpose4x4(src: usize, srcStride: usize, out: usize, outStride: usize): void {
  const a = v128.load(src);
  const b = v128.load(src + srcStride);
  const c = v128.load(src + 2 * srcStride);
  const d = v128.load(src + 3 * srcStride);
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(out, i64x2.shuffle(ab01, cd01, 0, 2));
  v128.store(out + outStride, i64x2.shuffle(ab01, cd01, 1, 3));
  v128.store(out + 2 * outStride, i64x2.shuffle(ab23, cd23, 0, 2));
  v128.store(out + 3 * outStride, i64x2.shuffle(ab23, cd23, 1, 3));
}
