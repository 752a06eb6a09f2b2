// Matrices [k1·k2, n] ↔ panels of 16 columns: a panel is [k][16], contiguous, the shape the products read. `=`, no
// overlap.
import { transpose4x4 } from './lanes';

export function packPanels(
  src: usize, out: usize, k1: i32, k1Stride: usize, k2: i32, k2Stride: usize, n: i32, nStride: usize,
  outK1Stride: usize, outPanelStride: usize,
): void {
  for (let j = 0; j < n; j += 16) {
    const columns = min(16, n - j);
    for (let i1 = 0; i1 < k1; i1++) {
      const from = src + <usize>i1 * k1Stride + <usize>j * nStride;
      const to = out + <usize>(j >> 4) * outPanelStride + <usize>i1 * outK1Stride;
      if (columns < 16) packRagged(from, to, k2, k2Stride, columns, nStride);
      else if (nStride == 4) packRows(from, to, k2, k2Stride);
      else if (k2Stride == 4) packTransposed(from, to, k2, nStride);
      else packRagged(from, to, k2, k2Stride, 16, nStride);
    }
  }
}

/** Sixteen columns that are contiguous in `src`. */
function packRows(src: usize, out: usize, k: i32, kStride: usize): void {
  for (let i = 0; i < k; i++) {
    const a = v128.load(src), b = v128.load(src, 16), c = v128.load(src, 32), d = v128.load(src, 48);
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
    src += kStride;
    out += 64;
  }
}

/**
 * Sixteen columns whose k are contiguous in `src`. Four columns at a time over sixteen k: a power-of-two nStride puts all columns' lines
 * into one set of the first cache, which sixteen at once would overflow.
 */
function packTransposed(src: usize, out: usize, k: i32, nStride: usize): void {
  let i = 0;
  for (; i + 16 <= k; i += 16) {
    for (let l: usize = 0; l < 16; l += 4) {
      const from = src + l * nStride;
      const to = out + (l << 2);
      transpose4x4(from, nStride, to, 64);
      transpose4x4(from + 16, nStride, to + 256, 64);
      transpose4x4(from + 32, nStride, to + 512, 64);
      transpose4x4(from + 48, nStride, to + 768, 64);
    }
    src += 64;
    out += 1024;
  }
  for (; i + 4 <= k; i += 4) {
    for (let l: usize = 0; l < 16; l += 4) transpose4x4(src + l * nStride, nStride, out + (l << 2), 64);
    src += 16;
    out += 256;
  }
  packRagged(src, out, k - i, 4, 16, nStride);
}

/** Any strides, any number of columns; the lanes beyond `columns` become +0. */
function packRagged(src: usize, out: usize, k: i32, kStride: usize, columns: i32, nStride: usize): void {
  for (let i = 0; i < k; i++) {
    let from = src;
    let l = 0;
    for (; l < columns; l++) {
      store<i32>(out + (<usize>l << 2), load<i32>(from));
      from += nStride;
    }
    for (; l < 16; l++) store<i32>(out + (<usize>l << 2), 0);
    src += kStride;
    out += 64;
  }
}

export function unpackPanel(
  src: usize, out: usize, k1: i32, k1Stride: usize, k2: i32, k2Stride: usize, n: i32, nStride: usize,
): void {
  for (let i1 = 0; i1 < k1; i1++) {
    let to = out + <usize>i1 * k1Stride;
    let i2 = 0;
    if (k2Stride == 4) {
      for (; i2 + 4 <= k2; i2 += 4) {
        let l = 0;
        for (; l + 4 <= n; l += 4) transpose4x4(src + (<usize>l << 2), 64, to + <usize>l * nStride, nStride);
        for (; l < n; l++) {
          const column = to + <usize>l * nStride;
          const from = src + (<usize>l << 2);
          store<i32>(column, load<i32>(from));
          store<i32>(column, load<i32>(from, 64), 4);
          store<i32>(column, load<i32>(from, 128), 8);
          store<i32>(column, load<i32>(from, 192), 12);
        }
        src += 256;
        to += 16;
      }
    }
    for (; i2 < k2; i2++) {
      let row = to;
      for (let l = 0; l < n; l++) {
        store<i32>(row, load<i32>(src + (<usize>l << 2)));
        row += nStride;
      }
      src += 64;
      to += k2Stride;
    }
  }
}
