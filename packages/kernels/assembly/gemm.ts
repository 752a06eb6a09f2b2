// Matrix product of contiguous rows with packed panels, `=`, no overlap. x: rows of k floats; w: [panels][k][16];
// out: rows of n. The column panel is outermost, so that 64·k bytes of weights stay in cache while all rows pass.
import { tile1, tile4 } from './tile';

export function gemmRows(
  x: usize, xRowStride: usize, w: usize, bias: usize, out: usize, outRowStride: usize, rows: i32, k: i32, n: i32,
  tmp: usize,
): void {
  const panelStride = <usize>k << 6;
  for (let j = 0; j < n; j += 16) {
    const columns = n - j;
    const panelBias = bias ? bias + (<usize>j << 2) : 0;
    let from = x;
    let to = out + (<usize>j << 2);
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      // A plain matrix is a convolution of one tap whose four rows start at fixed offsets; a ragged tile overwrites
      // tmp.
      store<i32>(tmp, 0);
      store<i32>(tmp, <i32>xRowStride, 4);
      store<i32>(tmp, <i32>(2 * xRowStride), 8);
      store<i32>(tmp, <i32>(3 * xRowStride), 12);
      tile4(from, tmp, 1, k, w, panelBias, to, outRowStride, columns, 0, tmp);
      from += xRowStride << 2;
      to += outRowStride << 2;
    }
    for (; r < rows; r++) {
      store<i32>(tmp, 0);
      tile1(from, tmp, 1, k, w, panelBias, to, outRowStride, columns, 0, tmp);
      from += xRowStride;
      to += outRowStride;
    }
    w += panelStride;
  }
}
