// Functions that activations are made of, four f32 lanes at a time, as in `math.ts`; the twin is
// `src/reference/math-activation.ts`. Coefficients of e^r and log(1 + f): Cephes single precision. Those of `tailLanes` are a
// minimax fit of relative error 2.4e-8.
import { choose } from './lanes';
import { expLanes, logLanes, powerOfTwo, toInteger } from './math';

/**
 * e^x − 1 for x ≤ 0 (larger x count as 0). With x = n·ln 2 + r and q = e^r − 1 it is 2^n·q + (2^n − 1), so that nothing
 * cancels near 0. Below −30 the result is −1.
 */
// @ts-ignore: decorator
@inline
export function expMinusOneLanes(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(0)), f32x4.splat(-30));
  const n = f32x4.nearest(f32x4.mul(c, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(c, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = f32x4.add(f32x4.mul(f32x4.splat(1.9875691500e-4), r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  const q = f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  const power = powerOfTwo(toInteger(n));
  return f32x4.add(f32x4.mul(q, power), f32x4.sub(power, f32x4.splat(1)));
}

/** (log(1 + f) − f) for √½ − 1 ≤ f ≤ √2 − 1, plus the low part of e·ln 2 (e = 0 or 1 in each lane). */
// @ts-ignore: decorator
@inline
function logTail(f: v128, lowPart: v128): v128 {
  const z = f32x4.mul(f, f);
  let p = f32x4.add(f32x4.mul(f32x4.splat(7.0376836292e-2), f), f32x4.splat(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(3.3333331174e-1));
  const y = f32x4.add(f32x4.mul(f32x4.mul(p, f), z), lowPart);
  return f32x4.sub(y, f32x4.mul(f32x4.splat(0.5), z));
}

/** log(1 + e) for 0 ≤ e ≤ 1: by the polynomial in e below √2 − 1, else as ln 2 + log(1 + (e − 1) ÷ 2). NaN → NaN. */
// @ts-ignore: decorator
@inline
export function logOnePlusLanes(e: v128): v128 {
  const large = f32x4.ge(e, f32x4.splat(0.41421357));
  const f = choose(large, f32x4.mul(f32x4.sub(e, f32x4.splat(1)), f32x4.splat(0.5)), e);
  const y = f32x4.add(f, logTail(f, v128.and(large, f32x4.splat(-2.12194440e-4))));
  return f32x4.add(y, v128.and(large, f32x4.splat(0.693359375)));
}

/**
 * e^(−a²/2) for 0 ≤ a ≤ 16. The rounding error of a² is computed (Dekker's product) and put right to first order, because
 * the exponential would multiply it by up to 100.
 */
// @ts-ignore: decorator
@inline
export function gaussianLanes(a: v128): v128 {
  const square = f32x4.mul(a, a);
  const high = v128.and(a, i32x4.splat(0xfffff000));
  const low = f32x4.sub(a, high);
  const cross = f32x4.mul(f32x4.add(high, high), low);
  const lost = f32x4.add(f32x4.add(f32x4.sub(f32x4.mul(high, high), square), cross), f32x4.mul(low, low));
  const e = expLanes(f32x4.mul(square, f32x4.splat(-0.5)));
  return f32x4.sub(e, f32x4.mul(e, f32x4.mul(lost, f32x4.splat(0.5))));
}

/** ½·erfc(a ÷ √2) · e^(a²/2) for 0 ≤ a ≤ 14: what of the normal distribution lies beyond a, divided by `gaussianLanes`. */
// @ts-ignore: decorator
@inline
export function tailLanes(a: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.splat(0.27), a)));
  let p = f32x4.add(f32x4.mul(f32x4.splat(0.02896110389), t), f32x4.splat(-0.126485874415));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.169786179417));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-0.069210781908));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.107825636146));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.0720496096373));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.101810608295));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.107542874104));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(0.107720656717));
  return f32x4.mul(p, t);
}

/** log(1 − p) for 0 ≤ p ≤ 1: by the polynomial in −p below 1 − √½, where 1 − p would lose digits. p = 1 → −Infinity. */
// @ts-ignore: decorator
@inline
export function logOneMinusLanes(p: v128): v128 {
  const f = f32x4.neg(p);
  const near = f32x4.add(f, logTail(f, f32x4.splat(0)));
  return choose(f32x4.lt(p, f32x4.splat(0.29289321)), near, logLanes(f32x4.sub(f32x4.splat(1), p)));
}
