// Max pooling, channels-last. `=`, no overlap. index[o] = h·W + w of the first largest element of the window; the
// first NaN wins. Padding never wins: a window without a single pixel gives −Infinity and index −1, and no gradient.
import { storeLanes } from './lanes';
import { inputFloats, word } from './pool-geometry';

export function maxPool(x: usize, out: usize, index: usize, geometry: usize, samples: i32): void {
  const outHeight = word(geometry, 3), outWidth = word(geometry, 4);
  const sampleBytes = inputFloats(geometry) << 2;
  const pixelBytes = <usize>word(geometry, 2) << 2;
  for (let s = 0; s < samples; s++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        maxWindow(x, out, index, geometry, oh, ow);
        out += pixelBytes;
        index += pixelBytes;
      }
    }
    x += sampleBytes;
  }
}

/** One output pixel, four channels at a time. */
// @ts-ignore: decorator
@inline
function maxWindow(x: usize, out: usize, index: usize, g: usize, oh: i32, ow: i32): void {
  const height = word(g, 0), width = word(g, 1), channels = word(g, 2);
  const kernelH = word(g, 5), kernelW = word(g, 6), dilationH = word(g, 11), dilationW = word(g, 12);
  const h0 = oh * word(g, 7) - word(g, 9), w0 = ow * word(g, 8) - word(g, 10);
  for (let c = 0; c < channels; c += 4) {
    let best = f32x4.splat(-Infinity);
    let position = i32x4.splat(-1);
    for (let kh = 0; kh < kernelH; kh++) {
      const h = h0 + kh * dilationH;
      if (<u32>h >= <u32>height) continue;
      for (let kw = 0; kw < kernelW; kw++) {
        const w = w0 + kw * dilationW;
        if (<u32>w >= <u32>width) continue;
        const pixel = h * width + w;
        const v = v128.load(x + (<usize>(pixel * channels + c) << 2));
        const firstNaN = v128.and(f32x4.ne(v, v), f32x4.eq(best, best));
        const wins = v128.or(v128.or(f32x4.gt(v, best), firstNaN), i32x4.lt_s(position, i32x4.splat(0)));
        best = v128.bitselect(v, best, wins);
        position = v128.bitselect(i32x4.splat(pixel), position, wins);
      }
    }
    storeLanes(out + (<usize>c << 2), best, channels - c);
    storeLanes(index + (<usize>c << 2), position, channels - c);
  }
}

export function maxPoolGrad(dy: usize, index: usize, dx: usize, geometry: usize, samples: i32): void {
  const channels = word(geometry, 2);
  const outPixels = word(geometry, 3) * word(geometry, 4);
  const sampleBytes = inputFloats(geometry) << 2;
  memory.fill(dx, 0, <usize>samples * sampleBytes);
  for (let s = 0; s < samples; s++) {
    for (let o = 0; o < outPixels; o++) {
      for (let c = 0; c < channels; c++) {
        const pixel = load<i32>(index);
        if (pixel >= 0) {
          const to = dx + (<usize>(pixel * channels + c) << 2);
          store<f32>(to, load<f32>(to) + load<f32>(dy));
        }
        index += 4;
        dy += 4;
      }
    }
    dx += sampleBytes;
  }
}
