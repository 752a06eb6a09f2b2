// Average pooling, channels-last. `=`, no overlap. The count of a window is its pixels inside the image or, with
// `countIncludePad`, inside the padded image (a window may hang over it in ceil mode; that part never counts), or `divisor` if that is not 0.
import { storeLanes } from './lanes';
import { inputFloats, word } from './pool-geometry';

/** How many of `kernel` taps from `first` on, `dilation` apart, lie in [low, high). */
// @ts-ignore: decorator
@inline
function tapsInside(first: i32, kernel: i32, dilation: i32, low: i32, high: i32): i32 {
  let count = 0;
  for (let k = 0; k < kernel; k++) {
    const at = first + k * dilation;
    count += i32(at >= low) & i32(at < high);
  }
  return count;
}

// @ts-ignore: decorator
@inline
function windowCount(g: usize, h0: i32, w0: i32, includePad: i32, divisor: i32): f32 {
  if (divisor) return <f32>divisor;
  const padH = includePad ? word(g, 9) : 0;
  const padW = includePad ? word(g, 10) : 0;
  const countH = tapsInside(h0, word(g, 5), word(g, 11), -padH, word(g, 0) + padH);
  const countW = tapsInside(w0, word(g, 6), word(g, 12), -padW, word(g, 1) + padW);
  return <f32>(countH * countW);
}

export function avgPool(
  x: usize, out: usize, geometry: usize, samples: i32, countIncludePad: i32, divisor: i32,
): void {
  const g = geometry;
  const height = word(g, 0), width = word(g, 1), channels = word(g, 2), outHeight = word(g, 3), outWidth = word(g, 4);
  const kernelH = word(g, 5), kernelW = word(g, 6), dilationH = word(g, 11), dilationW = word(g, 12);
  const sampleBytes = inputFloats(g) << 2;
  const pixelBytes = <usize>channels << 2;
  for (let s = 0; s < samples; s++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        const h0 = oh * word(g, 7) - word(g, 9), w0 = ow * word(g, 8) - word(g, 10);
        const count = f32x4.splat(windowCount(g, h0, w0, countIncludePad, divisor));
        for (let c = 0; c < channels; c += 4) {
          let sum = f32x4.splat(0);
          for (let kh = 0; kh < kernelH; kh++) {
            const h = h0 + kh * dilationH;
            if (<u32>h >= <u32>height) continue;
            for (let kw = 0; kw < kernelW; kw++) {
              const w = w0 + kw * dilationW;
              if (<u32>w >= <u32>width) continue;
              sum = f32x4.add(sum, v128.load(x + (<usize>((h * width + w) * channels + c) << 2)));
            }
          }
          storeLanes(out + (<usize>c << 2), f32x4.div(sum, count), channels - c);
        }
        out += pixelBytes;
      }
    }
    x += sampleBytes;
  }
}

export function avgPoolGrad(
  dy: usize, dx: usize, geometry: usize, samples: i32, countIncludePad: i32, divisor: i32,
): void {
  const g = geometry;
  const height = word(g, 0), width = word(g, 1), channels = word(g, 2), outHeight = word(g, 3), outWidth = word(g, 4);
  const kernelH = word(g, 5), kernelW = word(g, 6), dilationH = word(g, 11), dilationW = word(g, 12);
  const sampleBytes = inputFloats(g) << 2;
  const pixelBytes = <usize>channels << 2;
  memory.fill(dx, 0, <usize>samples * sampleBytes);
  for (let s = 0; s < samples; s++) {
    for (let oh = 0; oh < outHeight; oh++) {
      for (let ow = 0; ow < outWidth; ow++) {
        const h0 = oh * word(g, 7) - word(g, 9), w0 = ow * word(g, 8) - word(g, 10);
        const count = f32x4.splat(windowCount(g, h0, w0, countIncludePad, divisor));
        for (let c = 0; c < channels; c += 4) {
          const share = f32x4.div(v128.load(dy + (<usize>c << 2)), count);
          for (let kh = 0; kh < kernelH; kh++) {
            const h = h0 + kh * dilationH;
            if (<u32>h >= <u32>height) continue;
            for (let kw = 0; kw < kernelW; kw++) {
              const w = w0 + kw * dilationW;
              if (<u32>w >= <u32>width) continue;
              const to = dx + (<usize>((h * width + w) * channels + c) << 2);
              storeLanes(to, f32x4.add(v128.load(to), share), channels - c);
            }
          }
        }
        dy += pixelBytes;
      }
    }
    dx += sampleBytes;
  }
}
