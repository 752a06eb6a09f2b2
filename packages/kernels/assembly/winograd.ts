// 3×3 convolution by Winograd's F(2×2, 3×3), channels-last, `=`, no overlap. Four tiles of 2×2 outputs at a time, as in
// winograd-pool.ts. Where the output is odd its last tiles overlap the ones before and overwrite what they share.
import { copyFloats } from './lanes';
import { winogradProducts } from './winograd-products';
import { transformOutput, transformTiles } from './winograd-transform';

export function winograd(
  x: usize, xSampleStride: usize, xRowBytes: usize, channels: i32, u: usize, bias: usize, out: usize,
  outSampleStride: usize, outRowBytes: usize, samples: i32, oh: i32, ow: i32, n: i32, scratch: usize,
): void {
  const m = scratch + (<usize>channels << 8);
  const pixels = m + 4096;
  const rows = (oh + 1) >> 1, columns = (ow + 1) >> 1;
  const tiles = samples * rows * columns;
  for (let first = 0; first < tiles; first += 4) {
    transformTiles(x, xSampleStride, xRowBytes, channels, first, tiles, rows, columns, oh - 2, ow - 2, scratch);
    let panel = u;
    for (let j = 0; j < n; j += 16) {
      winogradProducts(scratch, panel, m, channels);
      panel += <usize>channels << 10;
      for (let i = 0; i < 4 && first + i < tiles; i++) {
        const s = (first + i) / (rows * columns);
        const inSample = first + i - s * rows * columns;
        const row = inSample / columns;
        const y = min(2 * row, oh - 2), left = min(2 * (inSample - row * columns), ow - 2);
        let to = out + <usize>s * outSampleStride + <usize>y * outRowBytes + (<usize>(left * n + j) << 2);
        transformOutput(m + (<usize>i << 6), pixels);
        if (bias) addBias(pixels, bias + (<usize>j << 2));
        const floats = min(16, n - j);
        copyFloats(pixels, to, floats);
        copyFloats(pixels + 64, to + (<usize>n << 2), floats);
        to += outRowBytes;
        copyFloats(pixels + 128, to, floats);
        copyFloats(pixels + 192, to + (<usize>n << 2), floats);
      }
    }
  }
}

/** Adds 16 floats of bias to each of four pixels. */
function addBias(pixels: usize, bias: usize): void {
  for (let i: usize = 0; i < 256; i += 16) {
    v128.store(pixels + i, f32x4.add(v128.load(pixels + i), v128.load(bias + (i & 63))));
  }
}
