// Cross entropy of rows of n logits against i32 targets in [0, n), `=`. Sums as in `softmax.ts`. dx may be x.
import { storeLanes } from './lanes';
import { logScalar } from './math';
import { indexOfMax } from './reduce';
import { rowMax, storeExp, sumExp } from './softmax-row';

export function crossEntropy(x: usize, targets: usize, loss: usize, rows: i32, n: i32): void {
  for (let r = 0; r < rows; r++) {
    const highest = rowMax(x, n);
    const target = load<f32>(x + (<usize>load<i32>(targets) << 2));
    store<f32>(loss, logScalar(sumExp(x, n, highest)) - (target - highest));
    x += <usize>n << 2;
    targets += 4;
    loss += 4;
  }
}

export function crossEntropyGrad(x: usize, targets: usize, dloss: usize, dx: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  const one = f32x4.splat(1);
  const laneNumbers = i32x4(0, 1, 2, 3);
  for (let r = 0; r < rows; r++) {
    const sum = f32x4.splat(storeExp(x, dx, n, rowMax(x, n)));
    const target = i32x4.splat(load<i32>(targets));
    const scale = v128.load32_splat(dloss);
    for (let j = 0; j < n; j += 4) {
      const to = dx + (<usize>j << 2);
      const isTarget = i32x4.eq(i32x4.add(i32x4.splat(j), laneNumbers), target);
      const p = f32x4.sub(f32x4.div(v128.load(to), sum), v128.and(isTarget, one));
      storeLanes(to, f32x4.mul(p, scale), n - j);
    }
    x += rowBytes;
    dx += rowBytes;
    targets += 4;
    dloss += 4;
  }
}

export function correct(x: usize, targets: usize, out: usize, rows: i32, n: i32): void {
  for (let r = 0; r < rows; r++) {
    store<f32>(out, <f32>i32(indexOfMax(x, n, 4) == load<i32>(targets)));
    x += <usize>n << 2;
    targets += 4;
    out += 4;
  }
}
