// out = op(x), `=`, in place allowed. One loop per operation; the last one to three elements go through the same lanes.
// sign is (x > 0) − (x < 0): NaN and ±0 give +0. relu is max(x, +0): NaN stays NaN, −0 becomes +0.
import { storeLanes } from './lanes';
import { expLanes, logLanes, seluLanes, sigmoidLanes, tanhLanes } from './math';

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
  return seluLanes(x);
}

// @ts-ignore: decorator
@inline
function each(op: i32, x: usize, out: usize, n: i32): void {
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), apply(op, v128.load(x + (<usize>i << 2))));
  if (i < n) storeLanes(out + (<usize>i << 2), apply(op, v128.load(x + (<usize>i << 2))), n - i);
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
    default: each(11, x, out, n); break;
  }
}
