// Losses between x and a target t, element by element, and their gradients to x, `=`. `src/signatures.ts` numbers the operations.
import { choose, storeLanes } from './lanes';
import { expLanes, logLanes } from './math';
import { logOneMinusLanes, logOnePlusLanes } from './math-activation';

/** −t·log x − (1 − t)·log(1 − x), both logarithms at least −100. */
// @ts-ignore: decorator
@inline
function crossEntropy(x: v128, t: v128): v128 {
  const least = f32x4.splat(-100);
  const hit = f32x4.mul(t, f32x4.max(logLanes(x), least));
  return f32x4.sub(f32x4.mul(f32x4.sub(t, f32x4.splat(1)), f32x4.max(logOneMinusLanes(x), least)), hit);
}

/** (1 − t)·max(x, 0) + t·max(−x, 0) + log(1 + e^−|x|). */
// @ts-ignore: decorator
@inline
function crossEntropyOfLogits(x: v128, t: v128): v128 {
  const zero = f32x4.splat(0);
  const miss = f32x4.mul(f32x4.sub(f32x4.splat(1), t), f32x4.max(x, zero));
  const hit = f32x4.mul(t, f32x4.max(f32x4.neg(x), zero));
  return f32x4.add(f32x4.add(miss, hit), logOnePlusLanes(expLanes(f32x4.neg(f32x4.abs(x)))));
}

/** (1 − t)·σ(x) − t·σ(−x), both from e^−|x|. */
// @ts-ignore: decorator
@inline
function slopeOfLogits(x: v128, t: v128): v128 {
  const one = f32x4.splat(1);
  const e = expLanes(f32x4.neg(f32x4.abs(x)));
  const d = f32x4.add(one, e);
  const near = f32x4.div(one, d), far = f32x4.div(e, d);
  const negative = f32x4.lt(x, f32x4.splat(0));
  const miss = f32x4.mul(f32x4.sub(one, t), choose(negative, far, near));
  return f32x4.sub(miss, f32x4.mul(t, choose(negative, near, far)));
}

// @ts-ignore: decorator
@inline
function apply(op: i32, x: v128, t: v128, a: v128): v128 {
  const half = f32x4.splat(0.5);
  if (op == 0) return crossEntropy(x, t);
  if (op == 1) return crossEntropyOfLogits(x, t);
  const d = f32x4.abs(f32x4.sub(x, t));
  const square = f32x4.mul(half, f32x4.mul(d, d));
  const beyond = f32x4.sub(d, f32x4.mul(half, a));
  if (op == 2) return choose(f32x4.lt(d, a), f32x4.div(square, a), beyond);
  return choose(f32x4.le(d, a), square, f32x4.mul(a, beyond));
}

// @ts-ignore: decorator
@inline
function applyGrad(op: i32, dy: v128, x: v128, t: v128, a: v128): v128 {
  const one = f32x4.splat(1);
  if (op == 0) {
    const variance = f32x4.max(f32x4.mul(f32x4.sub(one, x), x), f32x4.splat(1e-12));
    return f32x4.div(f32x4.mul(dy, f32x4.sub(x, t)), variance);
  }
  if (op == 1) return f32x4.mul(dy, slopeOfLogits(x, t));
  const d = f32x4.sub(x, t);
  if (op == 2) {
    const inner = f32x4.mul(dy, f32x4.div(d, a));
    return choose(f32x4.ge(d, a), dy, choose(f32x4.le(d, f32x4.neg(a)), f32x4.neg(dy), inner));
  }
  return f32x4.mul(dy, f32x4.min(f32x4.max(d, f32x4.neg(a)), a));
}

// @ts-ignore: decorator
@inline
function each(op: i32, x: usize, t: usize, out: usize, n: i32, a: v128): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16) v128.store(out + i, apply(op, v128.load(x + i), v128.load(t + i), a));
  if (n & 3) storeLanes(out + i, apply(op, v128.load(x + i), v128.load(t + i), a), n & 3);
}

// @ts-ignore: decorator
@inline
function eachGrad(op: i32, dy: usize, x: usize, t: usize, dx: usize, n: i32, a: v128): void {
  let i: usize = 0;
  const end = <usize>(n & ~3) << 2;
  for (; i < end; i += 16)
    v128.store(dx + i, applyGrad(op, v128.load(dy + i), v128.load(x + i), v128.load(t + i), a));
  if (n & 3) storeLanes(dx + i, applyGrad(op, v128.load(dy + i), v128.load(x + i), v128.load(t + i), a), n & 3);
}

export function pairLoss(op: i32, x: usize, t: usize, out: usize, n: i32, parameter: i32): void {
  const a = i32x4.splat(parameter);
  switch (op) {
    case 0: each(0, x, t, out, n, a); break;
    case 1: each(1, x, t, out, n, a); break;
    case 2: each(2, x, t, out, n, a); break;
    default: each(3, x, t, out, n, a); break;
  }
}

export function pairLossGrad(op: i32, dy: usize, x: usize, t: usize, dx: usize, n: i32, parameter: i32): void {
  const a = i32x4.splat(parameter);
  switch (op) {
    case 0: eachGrad(0, dy, x, t, dx, n, a); break;
    case 1: eachGrad(1, dy, x, t, dx, n, a); break;
    case 2: eachGrad(2, dy, x, t, dx, n, a); break;
    default: eachGrad(3, dy, x, t, dx, n, a); break;
  }
}
