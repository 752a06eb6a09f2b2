// Sparse linear maps and maxima over the pixels of channels-last images, `=`, no overlap. Entries [starts[r], starts[r + 1]) of the
// tables belong to output pixel r, in order.
import { storeLanes } from './lanes';

export function mapPixels(
  x: usize, xSampleStride: usize, starts: usize, offsets: usize, weights: usize, out: usize,
  samples: i32, rows: i32, channels: i32, fillBits: i32,
): void {
  const fill = f32x4.splat(reinterpret<f32>(fillBits));
  const pixelBytes = <usize>channels << 2;
  for (let s = 0; s < samples; s++) {
    let first = load<i32>(starts);
    for (let r = 0; r < rows; r++) {
      const end = load<i32>(starts + (<usize>(r + 1) << 2));
      for (let c: usize = 0; c < pixelBytes; c += 16) {
        let sum = fill;
        if (first < end) {
          const at = <usize>first << 2;
          sum = f32x4.mul(v128.load(x + <usize>load<i32>(offsets + at) + c), v128.load32_splat(weights + at));
        }
        for (let t = first + 1; t < end; t++) {
          const at = <usize>t << 2;
          const v = v128.load(x + <usize>load<i32>(offsets + at) + c);
          sum = f32x4.add(sum, f32x4.mul(v, v128.load32_splat(weights + at)));
        }
        storeLanes(out + c, sum, channels - <i32>(c >> 2));
      }
      out += pixelBytes;
      first = end;
    }
    x += xSampleStride;
  }
}

export function maxPixels(
  x: usize, xSampleStride: usize, starts: usize, pixels: usize, out: usize, index: usize,
  samples: i32, rows: i32, channels: i32,
): void {
  const pixelBytes = <usize>channels << 2;
  for (let s = 0; s < samples; s++) {
    let first = load<i32>(starts);
    for (let r = 0; r < rows; r++) {
      const end = load<i32>(starts + (<usize>(r + 1) << 2));
      for (let c: usize = 0; c < pixelBytes; c += 16) {
        const lanes = channels - <i32>(c >> 2);
        let best = f32x4.splat(-Infinity);
        let position = i32x4.splat(-1);
        for (let t = first; t < end; t++) {
          const pixel = load<i32>(pixels + (<usize>t << 2));
          const v = v128.load(x + <usize>pixel * pixelBytes + c);
          const firstNaN = v128.and(f32x4.ne(v, v), f32x4.eq(best, best));
          const wins = v128.or(v128.or(f32x4.gt(v, best), firstNaN), i32x4.lt_s(position, i32x4.splat(0)));
          best = v128.bitselect(v, best, wins);
          position = v128.bitselect(i32x4.splat(pixel), position, wins);
        }
        storeLanes(out + c, best, lanes);
        storeLanes(index + c, position, lanes);
      }
      out += pixelBytes;
      index += pixelBytes;
      first = end;
    }
    x += xSampleStride;
  }
}
