// out = a op b, `=`, in place allowed (`binary`: out may be a or b; `binaryPeriodic`: out may be a).
import { powOf } from './elementary';
import { choose, storeLanes } from './lanes';
import { SELU_NEGATIVE, SELU_POSITIVE } from './math';

// @ts-ignore: decorator
@inline
function apply(op: i32, a: v128, b: v128): v128 {
  if (op == 0) return f32x4.add(a, b);
  if (op == 1) return f32x4.sub(a, b);
  if (op == 2) return f32x4.mul(a, b);
  if (op == 3) return f32x4.div(a, b);
  if (op == 4) return f32x4.sub(b, a);
  if (op == 5) return f32x4.div(b, a);
  if (op == 6) return f32x4.max(a, b);
  if (op == 7) return f32x4.min(a, b);
  if (op == 8) return v128.and(f32x4.gt(a, b), f32x4.splat(1));
  if (op == 9) return v128.and(f32x4.eq(a, b), f32x4.splat(1));
  if (op == 10) return v128.and(a, f32x4.gt(b, f32x4.splat(0)));
  if (op == 12) return v128.and(f32x4.ne(a, b), f32x4.splat(1));
  if (op == 13) return v128.and(f32x4.lt(a, b), f32x4.splat(1));
  if (op == 14) return v128.and(f32x4.le(a, b), f32x4.splat(1));
  if (op == 15) return v128.and(f32x4.ge(a, b), f32x4.splat(1));
  const slope = f32x4.add(b, f32x4.splat(SELU_NEGATIVE));
  return f32x4.mul(a, choose(f32x4.gt(b, f32x4.splat(0)), f32x4.splat(SELU_POSITIVE), slope));
}

// @ts-ignore: decorator
@inline
function each(op: i32, a: usize, b: usize, out: usize, n: i32): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(out + i, apply(op, v128.load(a + i), v128.load(b + i)));
  if (n & 3) storeLanes(out + i, apply(op, v128.load(a + i), v128.load(b + i)), n & 3);
}

/** b is one value for all. */
// @ts-ignore: decorator
@inline
function eachWithOne(op: i32, a: usize, b: usize, out: usize, n: i32): void {
  const v = v128.load32_splat(b);
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(out + i, apply(op, v128.load(a + i), v));
  if (n & 3) storeLanes(out + i, apply(op, v128.load(a + i), v), n & 3);
}

// @ts-ignore: decorator
@inline
function periods(op: i32, a: usize, b: usize, out: usize, n: i32, period: i32): void {
  if (period == 1) {
    eachWithOne(op, a, b, out, n);
    return;
  }
  for (let i = 0; i < n; i += period) {
    each(op, a + (<usize>i << 2), b, out + (<usize>i << 2), min(period, n - i));
  }
}

/** The rest of a ÷ b with the sign of b. */
function remainderOf(a: f32, b: f32): f32 {
  const rest = a % b;
  return rest != 0 && b < 0 != rest < 0 ? rest + b : rest;
}

// @ts-ignore: decorator
@inline
function applyOne(op: i32, a: f32, b: f32): f32 {
  if (op == 16) return a % b;
  if (op == 17) return remainderOf(a, b);
  return powOf(a, b);
}

/** The operations that go one by one; b repeats after `period`. */
// @ts-ignore: decorator
@inline
function oneByOne(op: i32, a: usize, b: usize, out: usize, n: i32, period: i32): void {
  for (let i = 0, j = 0; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(out + at, applyOne(op, load<f32>(a + at), load<f32>(b + (<usize>j << 2))));
    if (++j == period) j = 0;
  }
}

export function binary(op: i32, a: usize, b: usize, out: usize, n: i32): void {
  switch (op) {
    case 0: each(0, a, b, out, n); break;
    case 1: each(1, a, b, out, n); break;
    case 2: each(2, a, b, out, n); break;
    case 3: each(3, a, b, out, n); break;
    case 4: each(4, a, b, out, n); break;
    case 5: each(5, a, b, out, n); break;
    case 6: each(6, a, b, out, n); break;
    case 7: each(7, a, b, out, n); break;
    case 8: each(8, a, b, out, n); break;
    case 9: each(9, a, b, out, n); break;
    case 10: each(10, a, b, out, n); break;
    case 12: each(12, a, b, out, n); break;
    case 13: each(13, a, b, out, n); break;
    case 14: each(14, a, b, out, n); break;
    case 15: each(15, a, b, out, n); break;
    case 16: oneByOne(16, a, b, out, n, n); break;
    case 17: oneByOne(17, a, b, out, n, n); break;
    case 18: oneByOne(18, a, b, out, n, n); break;
    default: each(11, a, b, out, n); break;
  }
}

export function binaryPeriodic(op: i32, a: usize, b: usize, out: usize, n: i32, period: i32): void {
  switch (op) {
    case 0: periods(0, a, b, out, n, period); break;
    case 1: periods(1, a, b, out, n, period); break;
    case 2: periods(2, a, b, out, n, period); break;
    case 3: periods(3, a, b, out, n, period); break;
    case 4: periods(4, a, b, out, n, period); break;
    case 5: periods(5, a, b, out, n, period); break;
    case 6: periods(6, a, b, out, n, period); break;
    case 7: periods(7, a, b, out, n, period); break;
    case 8: periods(8, a, b, out, n, period); break;
    case 9: periods(9, a, b, out, n, period); break;
    case 10: periods(10, a, b, out, n, period); break;
    case 12: periods(12, a, b, out, n, period); break;
    case 13: periods(13, a, b, out, n, period); break;
    case 14: periods(14, a, b, out, n, period); break;
    case 15: periods(15, a, b, out, n, period); break;
    case 16: oneByOne(16, a, b, out, n, period); break;
    case 17: oneByOne(17, a, b, out, n, period); break;
    case 18: oneByOne(18, a, b, out, n, period); break;
    default: periods(11, a, b, out, n, period); break;
  }
}
