// NCHW ↔ NHWC: a transposition of [channels, pixels] per sample. `=`, no overlap.
import { transpose4x4 } from './lanes';

/** out[c][r] = x[r][c] for a contiguous [rows, columns] matrix of floats. */
function transpose(x: usize, out: usize, rows: i32, columns: i32): void {
  const rowBytes = <usize>columns << 2;
  const outRowBytes = <usize>rows << 2;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    let from = x + <usize>r * rowBytes;
    let to = out + (<usize>r << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      transpose4x4(from, rowBytes, to, outRowBytes);
      from += 16;
      to += outRowBytes << 2;
    }
    for (; c < columns; c++) {
      store<f32>(to, load<f32>(from));
      store<f32>(to, load<f32>(from + rowBytes), 4);
      store<f32>(to, load<f32>(from + 2 * rowBytes), 8);
      store<f32>(to, load<f32>(from + 3 * rowBytes), 12);
      from += 4;
      to += outRowBytes;
    }
  }
  for (; r < rows; r++) {
    const from = x + <usize>r * rowBytes;
    let to = out + (<usize>r << 2);
    for (let c = 0; c < columns; c++) {
      store<f32>(to, load<f32>(from + (<usize>c << 2)));
      to += outRowBytes;
    }
  }
}

export function toChannelsLast(x: usize, out: usize, samples: i32, channels: i32, pixels: i32): void {
  const bytes = (<usize>channels * <usize>pixels) << 2;
  for (let s = 0; s < samples; s++) transpose(x + <usize>s * bytes, out + <usize>s * bytes, channels, pixels);
}

export function toChannelsFirst(x: usize, out: usize, samples: i32, channels: i32, pixels: i32): void {
  const bytes = (<usize>channels * <usize>pixels) << 2;
  for (let s = 0; s < samples; s++) transpose(x + <usize>s * bytes, out + <usize>s * bytes, pixels, channels);
}
