// What is asked of gradients before an update: the 2-norm of all, in parts (squares summed in f64, which every f32 square
// fits exactly), and whether all are finite.

export function sumSquares(x: usize, n: i32, out: usize): void {
  let even = f64x2.splat(0), odd = f64x2.splat(0);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x + (<usize>i << 2));
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(i32x4.shuffle(v, v, 2, 3, 2, 3));
    even = f64x2.add(even, f64x2.mul(low, low));
    odd = f64x2.add(odd, f64x2.mul(high, high));
  }
  let s0 = f64x2.extract_lane(even, 0), s1 = f64x2.extract_lane(even, 1), s2 = f64x2.extract_lane(odd, 0);
  if (i < n) {
    const value = <f64>load<f32>(x + (<usize>i << 2));
    s0 += value * value;
  }
  if (i + 1 < n) {
    const value = <f64>load<f32>(x + (<usize>i << 2), 4);
    s1 += value * value;
  }
  if (i + 2 < n) {
    const value = <f64>load<f32>(x + (<usize>i << 2), 8);
    s2 += value * value;
  }
  store<f32>(out, <f32>(s0 + s2 + (s1 + f64x2.extract_lane(odd, 1))));
}

export function clipFactor(parts: usize, n: i32, limit: usize, out: usize): void {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) sum += <f64>load<f32>(parts + (<usize>i << 2));
  const norm = <f32>sqrt<f64>(sum);
  store<f32>(out, norm);
  store<f32>(out, min<f32>(load<f32>(limit) / (norm + 1e-6), 1), 4);
}

/** An exponent of all ones is NaN or ±∞: without the sign its bits are above those of the largest finite number. */
export function flagNonFinite(x: usize, n: i32, flag: usize): void {
  const magnitude = i32x4.splat(0x7fffffff);
  let m0 = i32x4.splat(0), m1 = m0, m2 = m0, m3 = m0;
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const from = x + (<usize>i << 2);
    m0 = i32x4.max_s(m0, v128.and(v128.load(from), magnitude));
    m1 = i32x4.max_s(m1, v128.and(v128.load(from, 16), magnitude));
    m2 = i32x4.max_s(m2, v128.and(v128.load(from, 32), magnitude));
    m3 = i32x4.max_s(m3, v128.and(v128.load(from, 48), magnitude));
  }
  const most = i32x4.max_s(i32x4.max_s(m0, m1), i32x4.max_s(m2, m3));
  let any = v128.any_true(i32x4.gt_s(most, i32x4.splat(0x7f7fffff)));
  for (; i < n; i++) any = any || (load<i32>(x + (<usize>i << 2)) & 0x7fffffff) > 0x7f7fffff;
  if (any) store<i32>(flag, 0x7fc00000);
}
