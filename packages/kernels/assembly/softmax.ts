// Softmax over contiguous rows of n floats, `=`, in place allowed (out = x; dx = dy).
// Σ is summed in f64, j ascending, and rounded to f32 once; everything else is f32.
import { storeLanes } from './lanes';
import { expLanes, logScalar } from './math';
import { rowMax, storeExp, sumExp } from './softmax-row';

export function softmax(x: usize, out: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    const sum = f32x4.splat(storeExp(x, out, n, rowMax(x, n)));
    for (let j = 0; j < n; j += 4) {
      const to = out + (<usize>j << 2);
      storeLanes(to, f32x4.div(v128.load(to), sum), n - j);
    }
    x += rowBytes;
    out += rowBytes;
  }
}

export function logSoftmax(x: usize, out: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    const highest = rowMax(x, n);
    const m = f32x4.splat(highest);
    const logSum = f32x4.splat(logScalar(sumExp(x, n, highest)));
    for (let j = 0; j < n; j += 4) {
      const v = f32x4.sub(f32x4.sub(v128.load(x + (<usize>j << 2)), m), logSum);
      storeLanes(out + (<usize>j << 2), v, n - j);
    }
    x += rowBytes;
    out += rowBytes;
  }
}

export function softmaxGrad(dy: usize, y: usize, dx: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let dot: f64 = 0;
    for (let j = 0; j < n; j++) {
      dot += <f64>load<f32>(dy + (<usize>j << 2)) * <f64>load<f32>(y + (<usize>j << 2));
    }
    const sum = f32x4.splat(<f32>dot);
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      storeLanes(dx + at, f32x4.mul(f32x4.sub(v128.load(dy + at), sum), v128.load(y + at)), n - j);
    }
    dy += rowBytes;
    y += rowBytes;
    dx += rowBytes;
  }
}

export function logSoftmaxGrad(dy: usize, y: usize, dx: usize, rows: i32, n: i32): void {
  const rowBytes = <usize>n << 2;
  for (let r = 0; r < rows; r++) {
    let total: f64 = 0;
    for (let j = 0; j < n; j++) total += <f64>load<f32>(dy + (<usize>j << 2));
    const sum = f32x4.splat(<f32>total);
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      storeLanes(dx + at, f32x4.sub(v128.load(dy + at), f32x4.mul(expLanes(v128.load(y + at)), sum)), n - j);
    }
    dy += rowBytes;
    y += rowBytes;
    dx += rowBytes;
  }
}
