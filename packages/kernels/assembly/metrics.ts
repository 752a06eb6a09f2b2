// What evaluation counts and keeps on the workers: places of right classes, the confusion matrix, outputs of all batches.
import { indexOfMax } from './reduce';

export function topKCorrect(x: usize, targets: usize, out: usize, rows: i32, n: i32, k: i32): void {
  for (let r = 0; r < rows; r++) {
    const target = load<i32>(targets + (<usize>r << 2));
    const score = load<f32>(x + (<usize>target << 2));
    // Classes before it in descending order; a NaN comes before every number.
    let before = 0;
    for (let j = 0; j < n; j++) {
      const other = load<f32>(x + (<usize>j << 2));
      if (j == target) continue;
      const level = other == score || (other != other && score != score);
      before += i32(other > score || (other != other && score == score) || (level && j < target));
    }
    store<f32>(out + (<usize>r << 2), <f32>i32(before < k));
    x += <usize>n << 2;
  }
}

export function confusionCounts(x: usize, targets: usize, counts: usize, rows: i32, n: i32): void {
  for (let r = 0; r < rows; r++) {
    const cell = counts + ((<usize>load<i32>(targets + (<usize>r << 2)) * <usize>n + <usize>indexOfMax(x, n, 4)) << 2);
    store<i32>(cell, load<i32>(cell) + 1);
    x += <usize>n << 2;
  }
}

export function storeBatch(x: usize, out: usize, bytes: i32, step: usize, stepBytes: i32): void {
  memory.copy(out + <usize>load<u32>(step) * <usize>stepBytes, x, bytes);
}
