// dx = dy · op′(x; a, b), `=`, in place allowed (dx may be dy or x). One pass for each operation of `activation.ts`.
import { geluTanhInner, mishDenominator, mishNumerator, normalDistribution } from './activation';
import { choose, storeLanes } from './lanes';
import { expLanes, sigmoidLanes, tanhLanes } from './math';
import { gaussianLanes } from './math-activation';

/** x within ±limit, so that products of it with what has become 0 are 0. */
// @ts-ignore: decorator
@inline
function within(x: v128, limit: f32): v128 {
  return f32x4.pmin(f32x4.pmax(x, f32x4.splat(-limit)), f32x4.splat(limit));
}

/** Φ(x) + x·φ(x). */
// @ts-ignore: decorator
@inline
function gelu(x: v128): v128 {
  const c = within(x, 16);
  const a = f32x4.abs(c);
  const e = gaussianLanes(a);
  return f32x4.add(normalDistribution(c, a, e), f32x4.mul(c, f32x4.mul(e, f32x4.splat(0.398942280401))));
}

/** s + x·s·(1 − s)·(2u)′ with s the sigmoid of 2u. */
// @ts-ignore: decorator
@inline
function geluTanh(x: v128): v128 {
  const c = within(x, 16);
  const s = sigmoidLanes(geluTanhInner(c));
  const slope = f32x4.add(f32x4.splat(1.5957691216), f32x4.mul(f32x4.splat(0.214064448816), f32x4.mul(c, c)));
  const rest = f32x4.mul(f32x4.mul(c, slope), f32x4.sub(f32x4.splat(1), s));
  return f32x4.mul(s, f32x4.add(f32x4.splat(1), rest));
}

/** s·(1 + x·(1 − s)). */
// @ts-ignore: decorator
@inline
function silu(x: v128): v128 {
  const one = f32x4.splat(1);
  const c = within(x, 104);
  const s = sigmoidLanes(c);
  return f32x4.mul(s, f32x4.add(one, f32x4.mul(c, f32x4.sub(one, s))));
}

/** n ÷ d + x·4E·(1 + E)·(x < 0 ? 1 : E) ÷ d². */
// @ts-ignore: decorator
@inline
function mish(x: v128): v128 {
  const c = within(x, 104);
  const e = expLanes(f32x4.neg(f32x4.abs(c)));
  const negative = f32x4.lt(x, f32x4.splat(0));
  const one = f32x4.splat(1);
  const n = mishNumerator(negative, e);
  const d = mishDenominator(negative, e, n);
  const part = f32x4.mul(f32x4.mul(f32x4.splat(4), e), f32x4.mul(f32x4.add(one, e), choose(negative, one, e)));
  return f32x4.div(f32x4.add(n, f32x4.div(f32x4.mul(c, part), d)), d);
}

// @ts-ignore: decorator
@inline
function apply(op: i32, dy: v128, x: v128, a: v128, b: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const three = f32x4.splat(3);
  if (op == 0) return choose(f32x4.gt(x, zero), dy, f32x4.mul(dy, a));
  if (op == 1) return choose(f32x4.gt(x, zero), dy, f32x4.mul(dy, f32x4.mul(expLanes(x), a)));
  if (op == 2) return f32x4.mul(dy, gelu(x));
  if (op == 3) return f32x4.mul(dy, geluTanh(x));
  if (op == 4) return f32x4.mul(dy, silu(x));
  if (op == 5) return f32x4.mul(dy, mish(x));
  if (op == 6) {
    const u = f32x4.mul(x, a);
    return choose(f32x4.gt(u, b), dy, f32x4.mul(dy, sigmoidLanes(u)));
  }
  if (op == 7) {
    const inner = f32x4.mul(dy, f32x4.add(f32x4.div(x, three), f32x4.splat(0.5)));
    return choose(f32x4.gt(x, three), dy, v128.andnot(inner, f32x4.lt(x, f32x4.splat(-3))));
  }
  if (op == 8) {
    const inside = v128.and(f32x4.gt(x, f32x4.splat(-3)), f32x4.lt(x, three));
    return v128.and(f32x4.div(dy, f32x4.splat(6)), inside);
  }
  if (op == 9) return v128.andnot(dy, v128.or(f32x4.le(x, a), f32x4.ge(x, b)));
  if (op == 10 || op == 11) return v128.andnot(dy, v128.and(f32x4.ge(x, f32x4.neg(a)), f32x4.le(x, a)));
  if (op == 12) return v128.andnot(dy, f32x4.le(x, a));
  if (op == 13) {
    const t = tanhLanes(x);
    return f32x4.mul(dy, f32x4.mul(t, t));
  }
  if (op == 14) {
    const d = f32x4.add(one, f32x4.abs(x));
    return f32x4.div(dy, f32x4.mul(d, d));
  }
  return f32x4.mul(dy, sigmoidLanes(f32x4.neg(x)));
}

// @ts-ignore: decorator
@inline
function each(op: i32, dy: usize, x: usize, dx: usize, n: i32, a: v128, b: v128): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(dx + i, apply(op, v128.load(dy + i), v128.load(x + i), a, b));
  if (n & 3) storeLanes(dx + i, apply(op, v128.load(dy + i), v128.load(x + i), a, b), n & 3);
}

export function activationGrad(op: i32, dy: usize, x: usize, dx: usize, n: i32, first: i32, second: i32): void {
  const a = i32x4.splat(first), b = i32x4.splat(second);
  switch (op) {
    case 0: each(0, dy, x, dx, n, a, b); break;
    case 1: each(1, dy, x, dx, n, a, b); break;
    case 2: each(2, dy, x, dx, n, a, b); break;
    case 3: each(3, dy, x, dx, n, a, b); break;
    case 4: each(4, dy, x, dx, n, a, b); break;
    case 5: each(5, dy, x, dx, n, a, b); break;
    case 6: each(6, dy, x, dx, n, a, b); break;
    case 7: each(7, dy, x, dx, n, a, b); break;
    case 8: each(8, dy, x, dx, n, a, b); break;
    case 9: each(9, dy, x, dx, n, a, b); break;
    case 10:
    case 11: each(11, dy, x, dx, n, a, b); break;
    case 12: each(12, dy, x, dx, n, a, b); break;
    case 13: each(13, dy, x, dx, n, a, b); break;
    case 14: each(14, dy, x, dx, n, a, b); break;
    default: each(15, dy, x, dx, n, a, b); break;
  }
}
