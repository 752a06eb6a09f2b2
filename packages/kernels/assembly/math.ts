// Table-free transcendental functions, four f32 lanes at a time, made of + − × ÷ and bit tricks only, so that every
// engine and the TypeScript twin (`src/reference/math.ts`) give the same bits. Minimax coefficients: Cephes single
// precision (S. Moshier, expf.c, logf.c, tanhf.c).
import { choose } from './lanes';

/** 2^n per lane for −126 ≤ n ≤ 127. */
// @ts-ignore: decorator
@inline
export function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** A whole number below 2^22 as an integer: the low bits of n + 1.5·2^23 are n. */
// @ts-ignore: decorator
@inline
export function toInteger(n: v128): v128 {
  return i32x4.sub(f32x4.add(n, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
}

/**
 * e^x. Above 88.73 → Infinity; below −103.98 → +0; in between subnormal results are rounded once, not flushed. NaN →
 * NaN. x = n·ln 2 + r, |r| ≤ ½ ln 2; e^r by polynomial; 2^n in two factors so that neither leaves the range.
 * pmin and pmax are one instruction each, where min and max are several, and keep a NaN that is their first operand.
 */
// @ts-ignore: decorator
@inline
export function expLanes(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(c, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(c, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.add(f32x4.mul(f32x4.splat(1.9875691500e-4), r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const e = toInteger(n);
  const half = i32x4.shr_s(e, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(e, half)));
}

/**
 * Natural logarithm. 0 → −Infinity, negative → NaN, Infinity → Infinity, NaN → NaN; subnormals are exact inputs.
 * x = m·2^e with √½ ≤ m < √2; log m by polynomial in m − 1.
 */
// @ts-ignore: decorator
@inline
export function logLanes(x: v128): v128 {
  const small = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const bits = f32x4.mul(x, choose(small, f32x4.splat(8388608), f32x4.splat(1)));
  const exponent = i32x4.shr_s(i32x4.sub(bits, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(bits, i32x4.shl(exponent, 23)), f32x4.splat(1));
  const e = f32x4.convert_i32x4_s(i32x4.sub(exponent, v128.and(small, i32x4.splat(23))));
  const z = f32x4.mul(f, f);
  let p = f32x4.add(f32x4.mul(f32x4.splat(7.0376836292e-2), f), f32x4.splat(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(3.3333331174e-1));
  let y = f32x4.mul(f32x4.mul(p, f), z);
  y = f32x4.add(y, f32x4.mul(e, f32x4.splat(-2.12194440e-4)));
  y = f32x4.sub(y, f32x4.mul(f32x4.splat(0.5), z));
  y = f32x4.add(f32x4.add(f, y), f32x4.mul(e, f32x4.splat(0.693359375)));
  y = choose(f32x4.lt(x, f32x4.splat(Infinity)), y, x);
  y = choose(f32x4.lt(x, f32x4.splat(0)), f32x4.splat(NaN), y);
  return choose(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(-Infinity), y);
}

/** (tanh x − x) ÷ x as a polynomial in z = x², for |x| < 0.625. */
// @ts-ignore: decorator
@inline
export function tanhTail(z: v128): v128 {
  let p = f32x4.add(f32x4.mul(f32x4.splat(-5.70498872745e-3), z), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.33332819422e-1));
  return f32x4.mul(p, z);
}

/** tanh: an odd polynomial below 0.625, else 1 − 2 ÷ (e^2|x| + 1) with the sign of x. */
// @ts-ignore: decorator
@inline
export function tanhLanes(x: v128): v128 {
  const a = f32x4.abs(x);
  const inner = f32x4.add(f32x4.mul(tanhTail(f32x4.mul(a, a)), a), a);
  const e = f32x4.add(expLanes(f32x4.add(a, a)), f32x4.splat(1));
  const outer = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), e));
  const y = choose(f32x4.lt(a, f32x4.splat(0.625)), inner, outer);
  return v128.or(y, v128.and(x, f32x4.splat(-0.0)));
}

/**
 * 1 ÷ (1 + e^−x), from e = e^−|x| so that nothing overflows. With t = e ÷ (1 + e): 1 − t for x ≥ 0, e − e·t for x <
 * 0, which is e ÷ (1 + e) without the rounding of 1 + e in its full weight (1.8 ulp instead of 2.3).
 */
// @ts-ignore: decorator
@inline
export function sigmoidLanes(x: v128): v128 {
  const e = expLanes(f32x4.neg(f32x4.abs(x)));
  const one = f32x4.splat(1);
  const t = f32x4.div(e, f32x4.add(one, e));
  const scale = choose(f32x4.lt(x, f32x4.splat(0)), e, one);
  return f32x4.sub(scale, f32x4.mul(scale, t));
}

/** λ and λα of SELU (Klambauer et al. 2017), as f32. */
export const SELU_POSITIVE: f32 = 1.0507009873554805;
export const SELU_NEGATIVE: f32 = 1.7580993408473766;

/**
 * SELU: λx for x > 0, else λα(e^x − 1). With x = n·ln 2 + r and q = e^r − 1 by the polynomial of `expLanes`, e^x − 1 is
 * 2^n·q + (2^n − 1), so nothing cancels near 0. Below −30 the result is −λα.
 */
// @ts-ignore: decorator
@inline
export function seluLanes(x: v128): v128 {
  const c = f32x4.max(f32x4.min(x, f32x4.splat(0)), f32x4.splat(-30));
  const n = f32x4.nearest(f32x4.mul(c, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(c, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.add(f32x4.mul(f32x4.splat(1.9875691500e-4), r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  const q = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  const power = powerOfTwo(i32x4.trunc_sat_f32x4_s(n));
  const negative = f32x4.add(f32x4.mul(q, power), f32x4.sub(power, f32x4.splat(1)));
  const positive = f32x4.gt(x, f32x4.splat(0));
  return choose(
    positive,
    f32x4.mul(x, f32x4.splat(SELU_POSITIVE)),
    f32x4.mul(negative, f32x4.splat(SELU_NEGATIVE)),
  );
}

/** log of one positive finite or infinite float, through the same lanes. */
// @ts-ignore: decorator
@inline
export function logScalar(x: f32): f32 {
  return f32x4.extract_lane(logLanes(f32x4.splat(x)), 0);
}
