// Batches out of a dataset, `=`, no overlap. The sample numbers are found through one more pointer, because the batch
// that a program works on changes from step to step while its arguments do not.

export function gatherRows(src: usize, indicesRef: usize, s0: i32, samples: i32, sampleBytes: i32, out: usize): void {
  const indices = <usize>load<u32>(indicesRef) + (<usize>s0 << 2);
  for (let s = 0; s < samples; s++) {
    const sample = <usize>load<i32>(indices + (<usize>s << 2));
    memory.copy(out + <usize>s * <usize>sampleBytes, src + sample * <usize>sampleBytes, sampleBytes);
  }
}

/** Four bytes as four floats. */
// @ts-ignore: decorator
@inline
function fourFloats(src: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(src))));
}

/** One plane of bytes to floats that are `step` bytes apart. */
// @ts-ignore: decorator
@inline
function plane(src: usize, out: usize, pixels: i32, step: usize, scale: f32, shift: f32): void {
  let p = 0;
  if (step == 4) {
    const scales = f32x4.splat(scale), shifts = f32x4.splat(shift);
    for (; p + 4 <= pixels; p += 4) {
      v128.store(out, f32x4.add(f32x4.mul(fourFloats(src + <usize>p), scales), shifts));
      out += 16;
    }
  }
  for (; p < pixels; p++) {
    store<f32>(out, <f32>(<i32>load<u8>(src + <usize>p)) * scale + shift);
    out += step;
  }
}

/** Three planes interleaved (RGB), four pixels at a time. Returns how many pixels were done. */
// @ts-ignore: decorator
@inline
function threePlanes(src: usize, out: usize, pixels: i32, scaleShift: usize): i32 {
  const scaleR = v128.load32_splat(scaleShift), shiftR = v128.load32_splat(scaleShift, 12);
  const scaleG = v128.load32_splat(scaleShift, 4), shiftG = v128.load32_splat(scaleShift, 16);
  const scaleB = v128.load32_splat(scaleShift, 8), shiftB = v128.load32_splat(scaleShift, 20);
  let p = 0;
  for (; p + 4 <= pixels; p += 4) {
    const at = src + <usize>p;
    const r = f32x4.add(f32x4.mul(fourFloats(at), scaleR), shiftR);
    const g = f32x4.add(f32x4.mul(fourFloats(at + <usize>pixels), scaleG), shiftG);
    const b = f32x4.add(f32x4.mul(fourFloats(at + 2 * <usize>pixels), scaleB), shiftB);
    const rg0 = i32x4.shuffle(r, g, 0, 4, 1, 5), rg1 = i32x4.shuffle(r, g, 2, 6, 3, 7);
    v128.store(out, i32x4.shuffle(rg0, b, 0, 1, 4, 2)); // r0 g0 b0 r1
    v128.store(out, i32x4.shuffle(i32x4.shuffle(rg0, b, 3, 5, 0, 0), rg1, 0, 1, 4, 5), 16); // g1 b1 r2 g2
    v128.store(out, i32x4.shuffle(rg1, b, 6, 2, 3, 7), 32); // b2 r3 g3 b3
    out += 48;
  }
  return p;
}

export function gatherImages(
  src: usize, indicesRef: usize, s0: i32, samples: i32, channels: i32, pixels: i32, scaleShift: usize,
  channelsLast: i32, out: usize,
): void {
  const indices = <usize>load<u32>(indicesRef) + (<usize>s0 << 2);
  const sampleBytes = <usize>channels * <usize>pixels;
  for (let s = 0; s < samples; s++) {
    const from = src + <usize>load<i32>(indices + (<usize>s << 2)) * sampleBytes;
    const to = out + ((<usize>s * sampleBytes) << 2);
    const interleaved = channelsLast != 0 && channels > 1;
    const step = interleaved ? <usize>channels << 2 : 4;
    const done = interleaved && channels == 3 ? threePlanes(from, to, pixels, scaleShift) : 0;
    for (let c = 0; c < channels; c++) {
      const scale = load<f32>(scaleShift + (<usize>c << 2));
      const shift = load<f32>(scaleShift + (<usize>(channels + c) << 2));
      const skipped = <usize>c * <usize>pixels + <usize>done;
      const first = interleaved ? <usize>(done * channels + c) << 2 : (<usize>c * <usize>pixels) << 2;
      plane(from + skipped, to + first, pixels - done, step, scale, shift);
    }
  }
}
