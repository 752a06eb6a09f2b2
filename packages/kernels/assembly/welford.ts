// Running mean and sum of squared deviations (Welford 1962), in place on both, element by element.
import { storeLanes } from './lanes';

export function welford(x: usize, mean: usize, m2: usize, n: i32, width: i32, at: usize): void {
  const before = load<u32>(at);
  const offset = (<usize>load<u32>(at, 4) * <usize>width) << 2;
  const kept = mean + offset, squares = m2 + offset;
  const count = f32x4.splat(<f32>(before + 1));
  for (let i = 0; i < n; i += 4) {
    const byte = <usize>i << 2;
    const value = v128.load(x + byte);
    let newMean = value, newSquares = f32x4.splat(0);
    if (before != 0) {
      const oldMean = v128.load(kept + byte);
      const delta = f32x4.sub(value, oldMean);
      newMean = f32x4.add(oldMean, f32x4.div(delta, count));
      if (m2 != 0) newSquares = f32x4.add(v128.load(squares + byte), f32x4.mul(delta, f32x4.sub(value, newMean)));
    }
    storeLanes(kept + byte, newMean, n - i);
    if (m2 != 0) storeLanes(squares + byte, newSquares, n - i);
  }
}
