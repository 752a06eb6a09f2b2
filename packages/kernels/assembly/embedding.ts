// Rows of a table by number, and the gradient to the table. `=`, no overlap.
import { copyFloats, storeLanes } from './lanes';

export function embedding(weight: usize, indices: usize, out: usize, count: i32, dim: i32, rows: i32): void {
  const rowBytes = <usize>dim << 2;
  for (let i = 0; i < count; i++) {
    const row = load<i32>(indices + (<usize>i << 2));
    if (<u32>row < <u32>rows) copyFloats(weight + <usize>row * rowBytes, out, dim);
    else for (let at: usize = 0; at < rowBytes; at += 4) store<f32>(out + at, NaN);
    out += rowBytes;
  }
}

export function embeddingGrad(
  dy: usize, indices: usize, dWeight: usize, count: i32, dim: i32, first: i32, rows: i32, skipped: i32,
  continued: i32,
): void {
  const rowBytes = <usize>dim << 2;
  if (!continued) memory.fill(dWeight, 0, <usize>rows * rowBytes);
  for (let i = 0; i < count; i++) {
    const index = load<i32>(indices + (<usize>i << 2));
    if (<u32>(index - first) >= <u32>rows || index == skipped) continue;
    const from = dy + <usize>i * rowBytes;
    const to = dWeight + <usize>(index - first) * rowBytes;
    for (let j = 0; j < dim; j += 4) {
      const at = <usize>j << 2;
      storeLanes(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)), dim - j);
    }
  }
}
