// The end of the fused convolutions: bias, ReLU and 2×2 max pooling of one window × 16 columns, read from scratch so
// that none of it stands between the accumulators of a product.
import { copyFloats } from './lanes';

/** Four lanes of pixel `pixel`, plus bias. */
// @ts-ignore: decorator
@inline
function biased(window: usize, quarter: usize, pixel: usize, bias: v128): v128 {
  return f32x4.add(v128.load(window + pixel * 64 + quarter), bias);
}

/** Sixteen masks of 32 bits as masks of 8. */
// @ts-ignore: decorator
@inline
function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/**
 * Pools `window` (scratch, [4 pixels][16 columns], destroyed): out[l] and codes[l] for l < columns. A `bias` of 0
 * (null) adds nothing.
 */
export function poolWindow(window: usize, bias: usize, out: usize, codes: usize, columns: i32): void {
  const zero = f32x4.splat(0);
  let bias0 = zero, bias1 = zero, bias2 = zero, bias3 = zero;
  if (bias) {
    bias0 = v128.load(bias);
    bias1 = v128.load(bias, 16);
    bias2 = v128.load(bias, 32);
    bias3 = v128.load(bias, 48);
  }
  const a0 = biased(window, 0, 0, bias0), b0 = biased(window, 0, 1, bias0);
  const c0 = biased(window, 0, 2, bias0), d0 = biased(window, 0, 3, bias0);
  const two0 = f32x4.pmax(a0, b0), three0 = f32x4.pmax(two0, c0), largest0 = f32x4.pmax(three0, d0);
  const a1 = biased(window, 16, 0, bias1), b1 = biased(window, 16, 1, bias1);
  const c1 = biased(window, 16, 2, bias1), d1 = biased(window, 16, 3, bias1);
  const two1 = f32x4.pmax(a1, b1), three1 = f32x4.pmax(two1, c1), largest1 = f32x4.pmax(three1, d1);
  const a2 = biased(window, 32, 0, bias2), b2 = biased(window, 32, 1, bias2);
  const c2 = biased(window, 32, 2, bias2), d2 = biased(window, 32, 3, bias2);
  const two2 = f32x4.pmax(a2, b2), three2 = f32x4.pmax(two2, c2), largest2 = f32x4.pmax(three2, d2);
  const a3 = biased(window, 48, 0, bias3), b3 = biased(window, 48, 1, bias3);
  const c3 = biased(window, 48, 2, bias3), d3 = biased(window, 48, 3, bias3);
  const two3 = f32x4.pmax(a3, b3), three3 = f32x4.pmax(two3, c3), largest3 = f32x4.pmax(three3, d3);
  // Each later winner has the larger code, so the codes' maximum is the last winner.
  const second = narrow(f32x4.gt(b0, a0), f32x4.gt(b1, a1), f32x4.gt(b2, a2), f32x4.gt(b3, a3));
  const third = narrow(f32x4.gt(c0, two0), f32x4.gt(c1, two1), f32x4.gt(c2, two2), f32x4.gt(c3, two3));
  const fourth = narrow(f32x4.gt(d0, three0), f32x4.gt(d1, three1), f32x4.gt(d2, three2), f32x4.gt(d3, three3));
  const live = narrow(
    f32x4.gt(largest0, zero), f32x4.gt(largest1, zero), f32x4.gt(largest2, zero), f32x4.gt(largest3, zero),
  );
  const upper = i8x16.max_u(v128.and(second, i8x16.splat(1)), v128.and(third, i8x16.splat(2)));
  const winner = i8x16.max_u(upper, v128.and(fourth, i8x16.splat(3)));
  const bytes = i8x16.max_u(winner, v128.andnot(i8x16.splat(4), live));
  const whole = columns >= 16;
  const to = whole ? out : window;
  v128.store(to, f32x4.add(f32x4.pmax(largest0, zero), zero), 0);
  v128.store(to, f32x4.add(f32x4.pmax(largest1, zero), zero), 16);
  v128.store(to, f32x4.add(f32x4.pmax(largest2, zero), zero), 32);
  v128.store(to, f32x4.add(f32x4.pmax(largest3, zero), zero), 48);
  if (whole) {
    v128.store(codes, bytes);
    return;
  }
  v128.store(window, bytes, 64);
  copyFloats(window, out, columns);
  for (let l: usize = 0; l < <usize>columns; l++) store<u8>(codes + l, load<u8>(window + l, 64));
}
