// Direct convolution fused with bias, ReLU and 2×2 max pooling, channels-last, `=`, no overlap. The four rows of a
// tile are the pixels of one pooling window, so the convolution's output is never written. A tap of the tile is a whole
// kernel row: kRow contiguous floats. Scratch: 256 bytes of window, then i32 offsets [4 pixels][kH].
import { poolWindow } from './pool-window';
import { tile4 } from './tile';

export function convPool(
  x: usize, xSampleStride: usize, xRowBytes: usize, xPixelBytes: usize, kH: i32, kRow: i32, w: usize, bias: usize,
  out: usize, codes: usize, samples: i32, ph: i32, pw: i32, n: i32, tmp: usize,
): void {
  const offsets = tmp + 256;
  writeOffsets(offsets, kH, xRowBytes, xPixelBytes);
  const panelStride = (<usize>kH * <usize>kRow) << 6;
  for (let j = 0; j < n; j += 16) {
    const panelBias = bias ? bias + (<usize>j << 2) : 0;
    let to = out + (<usize>j << 2);
    let toCodes = codes + <usize>j;
    for (let s = 0; s < samples; s++) {
      for (let py = 0; py < ph; py++) {
        let from = x + <usize>s * xSampleStride + <usize>(2 * py) * xRowBytes;
        for (let px = 0; px < pw; px++) {
          tile4(from, offsets, kH, kRow, w, 0, tmp, 64, 16, 0, tmp);
          poolWindow(tmp, panelBias, to, toCodes, n - j);
          from += 2 * xPixelBytes;
          to += <usize>n << 2;
          toCodes += <usize>n;
        }
      }
    }
    w += panelStride;
  }
}

/** Where each kernel row of each pixel of a window starts, from the window's first pixel. */
function writeOffsets(offsets: usize, kH: i32, xRowBytes: usize, xPixelBytes: usize): void {
  for (let pixel = 0; pixel < 4; pixel++) {
    for (let t = 0; t < kH; t++) {
      store<i32>(offsets, <i32>(<usize>((pixel >> 1) + t) * xRowBytes + <usize>(pixel & 1) * xPixelBytes));
      offsets += 4;
    }
  }
}
