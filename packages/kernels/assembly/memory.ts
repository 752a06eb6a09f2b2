// Plain moves of memory. `=`; `copy` may overlap (it behaves like memmove).
import { storeLanes } from './lanes';

export function fill(out: usize, n: i32, value: i32): void {
  const v = i32x4.splat(value);
  let i = 0;
  for (; i + 4 <= n; i += 4) v128.store(out + (<usize>i << 2), v);
  if (i < n) storeLanes(out + (<usize>i << 2), v, n - i);
}

export function copy(src: usize, out: usize, bytes: i32): void {
  memory.copy(out, src, bytes);
}
