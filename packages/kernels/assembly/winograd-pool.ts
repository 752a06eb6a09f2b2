// 3×3 convolution by Winograd's F(2×2, 3×3), fused with bias, ReLU and 2×2 max pooling: the 2×2 outputs of a tile are
// the pooling window. Channels-last, `=`, no overlap. Four tiles at a time, numbered through all samples; the last
// group repeats its last tile, so every tile goes through the same code. Scratch: V [16][4][channels], M [16][4][16],
// one window [4][16].
import { poolWindow } from './pool-window';
import { winogradProducts } from './winograd-products';
import { transformOutput, transformTiles } from './winograd-transform';

export function winogradPool(
  x: usize, xSampleStride: usize, xRowBytes: usize, channels: i32, u: usize, bias: usize, out: usize, codes: usize,
  samples: i32, ph: i32, pw: i32, n: i32, scratch: usize,
): void {
  const m = scratch + (<usize>channels << 8);
  const window = m + 4096;
  const tiles = samples * ph * pw;
  for (let first = 0; first < tiles; first += 4) {
    transformTiles(x, xSampleStride, xRowBytes, channels, first, tiles, ph, pw, 2 * ph, 2 * pw, scratch);
    let panel = u;
    for (let j = 0; j < n; j += 16) {
      winogradProducts(scratch, panel, m, channels);
      panel += <usize>channels << 10;
      const panelBias = bias ? bias + (<usize>j << 2) : 0;
      for (let i = 0; i < 4 && first + i < tiles; i++) {
        const at = <usize>(first + i) * <usize>n + <usize>j;
        transformOutput(m + (<usize>i << 6), window);
        poolWindow(window, panelBias, out + (at << 2), codes + at, n - j);
      }
    }
  }
}
