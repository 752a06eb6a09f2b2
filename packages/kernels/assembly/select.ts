// out = condition ≠ 0 ? a : b, `=`; in place allowed. A stride of 0 repeats one element.
import { choose, storeLanes } from './lanes';

// @ts-ignore: decorator
@inline
function operand(at: usize, stride: i32, i: usize): v128 {
  return stride == 0 ? v128.load32_splat(at) : v128.load(at + i);
}

// @ts-ignore: decorator
@inline
function each(condition: usize, a: usize, aStride: i32, b: usize, bStride: i32, out: usize, n: i32): void {
  const zero = f32x4.splat(0);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const mask = f32x4.ne(v128.load(condition + at), zero);
    storeLanes(out + at, choose(mask, operand(a, aStride, at), operand(b, bStride, at)), n - i);
  }
}

export function select(condition: usize, a: usize, aStride: i32, b: usize, bStride: i32, out: usize, n: i32): void {
  if (aStride == 0 && bStride == 0) each(condition, a, 0, b, 0, out, n);
  else if (aStride == 0) each(condition, a, 0, b, 4, out, n);
  else if (bStride == 0) each(condition, a, 4, b, 0, out, n);
  else each(condition, a, 4, b, 4, out, n);
}
