// Indirect convolution, channels-last, `=`, no overlap. A table of byte offsets says where each tap of each output
// pixel reads; nothing is copied (no im2col). w: [panels][taps·k][16]. Panels outermost, then samples, then groups of
// four pixels.
import { tile1, tile4 } from './tile';

export function convRows(
  x: usize, xSampleStride: usize, table: usize, taps: i32, k: i32, w: usize, bias: usize, out: usize,
  outSampleStride: usize, outRowStride: usize, samples: i32, rows: i32, n: i32, zeros: usize, tmp: usize,
): void {
  const panelStride = (<usize>taps * <usize>k) << 6;
  const tableRowBytes = <usize>taps << 2;
  for (let j = 0; j < n; j += 16) {
    const columns = n - j;
    const panelBias = bias ? bias + (<usize>j << 2) : 0;
    for (let s = 0; s < samples; s++) {
      const from = x + <usize>s * xSampleStride;
      let to = out + <usize>s * outSampleStride + (<usize>j << 2);
      let offsets = table;
      let r = 0;
      for (; r + 4 <= rows; r += 4) {
        tile4(from, offsets, taps, k, w, panelBias, to, outRowStride, columns, zeros, tmp);
        offsets += tableRowBytes << 2;
        to += outRowStride << 2;
      }
      for (; r < rows; r++) {
        tile1(from, offsets, taps, k, w, panelBias, to, outRowStride, columns, zeros, tmp);
        offsets += tableRowBytes;
        to += outRowStride;
      }
    }
    w += panelStride;
  }
}
