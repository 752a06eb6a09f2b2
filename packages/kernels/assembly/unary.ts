// out = op(x), `=`, in place allowed. One loop per operation; the last one to three elements go through the same lanes.
// sign is (x > 0) − (x < 0): NaN and ±0 give +0. relu is max(x, +0): NaN stays NaN, −0 becomes +0.
import { erfOf, expm1Of, log1pOf, log2Of } from './elementary';
import { storeLanes } from './lanes';
import { expLanes, logLanes, seluLanes, sigmoidLanes, tanhLanes } from './math';
import { cosOf, sinOf } from './trigonometry';

// @ts-ignore: decorator
@inline
function apply(op: i32, x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  if (op == 0) return f32x4.neg(x);
  if (op == 1) return f32x4.abs(x);
  if (op == 2) return expLanes(x);
  if (op == 3) return logLanes(x);
  if (op == 4) return f32x4.sqrt(x);
  if (op == 5) return f32x4.mul(x, x);
  if (op == 6) return tanhLanes(x);
  if (op == 7) return sigmoidLanes(x);
  if (op == 8) return f32x4.max(x, zero);
  if (op == 9) return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
  if (op == 10) return f32x4.div(one, x);
  if (op == 11) return seluLanes(x);
  if (op == 12) return f32x4.floor(x);
  if (op == 13) return f32x4.ceil(x);
  if (op == 14) return f32x4.nearest(x);
  if (op == 15) return f32x4.trunc(x);
  if (op == 16) return f32x4.div(one, f32x4.sqrt(x));
  if (op == 17) return v128.and(f32x4.ne(x, x), one);
  if (op == 18) return v128.and(f32x4.eq(f32x4.abs(x), f32x4.splat(Infinity)), one);
  return v128.and(f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)), one);
}

/** The functions that are computed in f64, one by one. */
// @ts-ignore: decorator
@inline
function applyOne(op: i32, x: f32): f32 {
  if (op == 20) return expm1Of(x);
  if (op == 21) return log1pOf(x);
  if (op == 22) return log2Of(x);
  if (op == 23) return sinOf(x);
  if (op == 24) return cosOf(x);
  return erfOf(x);
}

// @ts-ignore: decorator
@inline
function each(op: i32, x: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), apply(op, v128.load(x + (<usize>i << 2))));
  if (i < n) storeLanes(out + (<usize>i << 2), apply(op, v128.load(x + (<usize>i << 2))), n - i);
}

// @ts-ignore: decorator
@inline
function oneByOne(op: i32, x: usize, out: usize, n: i32): void {
  for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) store<f32>(out + i, applyOne(op, load<f32>(x + i)));
}

export function unary(op: i32, x: usize, out: usize, n: i32): void {
  switch (op) {
    case 0: each(0, x, out, n); break;
    case 1: each(1, x, out, n); break;
    case 2: each(2, x, out, n); break;
    case 3: each(3, x, out, n); break;
    case 4: each(4, x, out, n); break;
    case 5: each(5, x, out, n); break;
    case 6: each(6, x, out, n); break;
    case 7: each(7, x, out, n); break;
    case 8: each(8, x, out, n); break;
    case 9: each(9, x, out, n); break;
    case 10: each(10, x, out, n); break;
    case 11: each(11, x, out, n); break;
    case 12: each(12, x, out, n); break;
    case 13: each(13, x, out, n); break;
    case 14: each(14, x, out, n); break;
    case 15: each(15, x, out, n); break;
    case 16: each(16, x, out, n); break;
    case 17: each(17, x, out, n); break;
    case 18: each(18, x, out, n); break;
    case 19: each(19, x, out, n); break;
    case 20: oneByOne(20, x, out, n); break;
    case 21: oneByOne(21, x, out, n); break;
    case 22: oneByOne(22, x, out, n); break;
    case 23: oneByOne(23, x, out, n); break;
    case 24: oneByOne(24, x, out, n); break;
    default: oneByOne(25, x, out, n); break;
  }
}
