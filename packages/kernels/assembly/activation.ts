// out = op(x; a, b), `=`, in place allowed. One loop for each operation; `src/signatures.ts` numbers them and says what they are.
import { choose, storeLanes } from './lanes';
import { expLanes, sigmoidLanes, tanhLanes, tanhTail } from './math';
import { expMinusOneLanes, gaussianLanes, logOnePlusLanes, tailLanes } from './math-activation';

/** min(max(x + 3, 0), 6). */
// @ts-ignore: decorator
@inline
function ramp(x: v128): v128 {
  return f32x4.min(f32x4.max(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), f32x4.splat(6));
}

/** Φ(x), the normal distribution: its tail where x < 0, one minus its tail elsewhere. `e` = `gaussianLanes(a)`, a = min(|x|, 16). */
// @ts-ignore: decorator
@inline
export function normalDistribution(x: v128, a: v128, e: v128): v128 {
  const q = f32x4.mul(e, tailLanes(a));
  return choose(f32x4.lt(x, f32x4.splat(0)), q, f32x4.sub(f32x4.splat(1), q));
}

/** tanh(log(1 + e^x)) = n ÷ d from E = e^−|x|: n = 1 + 2E and d = n + 2E² for x ≥ 0, n = E·(E + 2) and d = n + 2 for x < 0. */
// @ts-ignore: decorator
@inline
export function mishNumerator(negative: v128, e: v128): v128 {
  return choose(negative, f32x4.mul(e, f32x4.add(e, f32x4.splat(2))), f32x4.add(f32x4.splat(1), f32x4.add(e, e)));
}

// @ts-ignore: decorator
@inline
export function mishDenominator(negative: v128, e: v128, numerator: v128): v128 {
  const two = f32x4.splat(2);
  return f32x4.add(numerator, choose(negative, two, f32x4.mul(two, f32x4.mul(e, e))));
}

// @ts-ignore: decorator
@inline
function mish(x: v128): v128 {
  const e = expLanes(f32x4.neg(f32x4.abs(x)));
  const negative = f32x4.lt(x, f32x4.splat(0));
  const n = mishNumerator(negative, e);
  return f32x4.mul(x, f32x4.div(n, mishDenominator(negative, e, n)));
}

// @ts-ignore: decorator
@inline
function gelu(x: v128): v128 {
  const a = f32x4.pmin(f32x4.abs(x), f32x4.splat(16));
  return f32x4.mul(x, normalDistribution(x, a, gaussianLanes(a)));
}

/** 2u = x·(c + d·x²), with which ½(1 + tanh u) is the sigmoid of 2u. */
// @ts-ignore: decorator
@inline
export function geluTanhInner(x: v128): v128 {
  const square = f32x4.mul(x, x);
  return f32x4.mul(x, f32x4.add(f32x4.splat(1.5957691216), f32x4.mul(f32x4.splat(0.071354816272), square)));
}

// @ts-ignore: decorator
@inline
function softplus(x: v128, beta: v128, threshold: v128): v128 {
  const u = f32x4.mul(x, beta);
  const tail = logOnePlusLanes(expLanes(f32x4.neg(f32x4.abs(u))));
  const y = f32x4.div(f32x4.add(f32x4.max(u, f32x4.splat(0)), tail), beta);
  return choose(f32x4.gt(u, threshold), x, y);
}

// @ts-ignore: decorator
@inline
function tanhshrink(x: v128): v128 {
  const near = f32x4.neg(f32x4.mul(tanhTail(f32x4.mul(x, x)), x));
  return choose(f32x4.lt(f32x4.abs(x), f32x4.splat(0.625)), near, f32x4.sub(x, tanhLanes(x)));
}

// @ts-ignore: decorator
@inline
function apply(op: i32, x: v128, a: v128, b: v128): v128 {
  const zero = f32x4.splat(0);
  if (op == 0) return choose(f32x4.gt(x, zero), x, f32x4.mul(x, a));
  if (op == 1) return choose(f32x4.gt(x, zero), x, f32x4.mul(expMinusOneLanes(x), a));
  if (op == 2) return gelu(x);
  if (op == 3) return f32x4.mul(x, sigmoidLanes(geluTanhInner(x)));
  if (op == 4) return f32x4.mul(x, sigmoidLanes(x));
  if (op == 5) return mish(x);
  if (op == 6) return softplus(x, a, b);
  if (op == 7) return f32x4.div(f32x4.mul(x, ramp(x)), f32x4.splat(6));
  if (op == 8) return f32x4.div(ramp(x), f32x4.splat(6));
  if (op == 9) return f32x4.min(f32x4.max(x, a), b);
  if (op == 10) return f32x4.sub(x, f32x4.min(f32x4.max(x, f32x4.neg(a)), a));
  if (op == 11) return v128.andnot(x, v128.and(f32x4.ge(x, f32x4.neg(a)), f32x4.le(x, a)));
  if (op == 12) return choose(f32x4.le(x, a), b, x);
  if (op == 13) return tanhshrink(x);
  if (op == 14) return f32x4.div(x, f32x4.add(f32x4.splat(1), f32x4.abs(x)));
  return f32x4.sub(f32x4.min(x, zero), logOnePlusLanes(expLanes(f32x4.neg(f32x4.abs(x)))));
}

// @ts-ignore: decorator
@inline
function each(op: i32, x: usize, out: usize, n: i32, a: v128, b: v128): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(out + i, apply(op, v128.load(x + i), a, b));
  if (n & 3) storeLanes(out + i, apply(op, v128.load(x + i), a, b), n & 3);
}

export function activation(op: i32, x: usize, out: usize, n: i32, first: i32, second: i32): void {
  const a = i32x4.splat(first), b = i32x4.splat(second);
  switch (op) {
    case 0: each(0, x, out, n, a, b); break;
    case 1: each(1, x, out, n, a, b); break;
    case 2: each(2, x, out, n, a, b); break;
    case 3: each(3, x, out, n, a, b); break;
    case 4: each(4, x, out, n, a, b); break;
    case 5: each(5, x, out, n, a, b); break;
    case 6: each(6, x, out, n, a, b); break;
    case 7: each(7, x, out, n, a, b); break;
    case 8: each(8, x, out, n, a, b); break;
    case 9: each(9, x, out, n, a, b); break;
    case 10: each(10, x, out, n, a, b); break;
    case 11: each(11, x, out, n, a, b); break;
    case 12: each(12, x, out, n, a, b); break;
    case 13: each(13, x, out, n, a, b); break;
    case 14: each(14, x, out, n, a, b); break;
    default: each(15, x, out, n, a, b); break;
  }
}
