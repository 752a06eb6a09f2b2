// The running average of weights, in place on the average; w is read only. `=`.
import { storeLanes } from './lanes';

export function average(a: usize, w: usize, n: i32, weight: usize): void {
  const share = load<f32>(weight);
  if (share == 0) return;
  const shares = f32x4.splat(share);
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const fresh = v128.load(w + at), old = v128.load(a + at);
    const mixed = share == 1 ? fresh : f32x4.add(old, f32x4.mul(f32x4.sub(fresh, old), shares));
    storeLanes(a + at, mixed, n - i);
  }
}
