// The gradient of a pooled convolution to its weights and bias, from the pooled gradient and its codes, for up to 16
// outputs, `=`, no overlap. Chunks of samples outermost, so that a chunk of x stays in cache; in a chunk each output's
// list of (gradient, pixel) is multiplied with a slice of every kernel row. The running totals live in `out`.
//
// Scratch: pack table (256 bytes), one tile (192), ends of the lists (64), window offsets, then 16 lists of values and
// offsets; E = ph·pw·min(samples, chunkSamples) + 4 words each, a list 8E + 64 bytes from the next.
import { writePackTable } from './left-pack';
import { listColumns, writeWindowOffsets } from './pool-conv-grad-columns';
import { addNarrow } from './pool-conv-grad-narrow';
import { add16, add32, add48 } from './pool-conv-grad-slices';

export function poolConvWeightGradient(
  g: usize, codes: usize, pooledStride: usize, ph: i32, pw: i32, x: usize, xSampleStride: usize, xRowBytes: usize,
  xPixelBytes: usize, kH: i32, kRow: i32, samples: i32, n: i32, chunkSamples: i32, out: usize, outColumnStride: usize,
  dBias: usize, lists: usize, continued: i32,
): void {
  const windows = ph * pw;
  const tile = lists + 256, ends = tile + 192, windowOffsets = ends + 64;
  const mostSamples = min(samples, chunkSamples);
  const offsetsAt = <usize>(windows * mostSamples + 4) << 2;
  const firstList = windowOffsets + offsetsAt;
  const listStride = 2 * offsetsAt + 64;
  writePackTable(lists);
  writeWindowOffsets(windowOffsets, mostSamples, ph, pw, xSampleStride, xRowBytes, xPixelBytes);
  if (!continued) {
    memory.fill(dBias, 0, <usize>n << 2);
    for (let l = 0; l < n; l++) memory.fill(out + <usize>l * outColumnStride, 0, (<usize>kH * <usize>kRow) << 2);
  }
  for (let s = 0; s < samples; s += chunkSamples) {
    const first = <usize>(s * windows) * pooledStride;
    const from = x + <usize>s * xSampleStride;
    const count = windows * min(chunkSamples, samples - s);
    listColumns(g + (first << 2), codes + first, pooledStride, count, n, windowOffsets, xRowBytes, xPixelBytes,
      firstList, listStride, offsetsAt, ends, dBias, lists);
    let i = 0;
    while (i < kRow) {
      const rest = kRow - i;
      // The tile that reads at most 15 floats too many.
      const narrow = rest <= 12;
      const tileWidth = narrow ? 12 : rest <= 16 ? 16 : rest <= 32 ? 32 : 48;
      const width = min(rest, tileWidth);
      for (let t = 0; t < kH; t += narrow ? 3 : 1) {
        const fromRow = from + <usize>t * xRowBytes + (<usize>i << 2);
        const to = out + (<usize>(t * kRow + i) << 2);
        for (let l: usize = 0; l < <usize>n; l++) {
          const list = firstList + l * listStride, end = load<usize>(ends + (l << 2));
          const total = to + l * outColumnStride;
          if (narrow) addNarrow(list, end, offsetsAt, fromRow, xRowBytes, min(3, kH - t), width, kRow, total, tile);
          else if (tileWidth == 16) add16(list, end, offsetsAt, fromRow, width, total, tile);
          else if (tileWidth == 32) add32(list, end, offsetsAt, fromRow, width, total, tile);
          else add48(list, end, offsetsAt, fromRow, width, total, tile);
        }
      }
      i += tileWidth;
    }
  }
}
