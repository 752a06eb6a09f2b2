// Colour jitter of byte images [C][H][W], in place: brightness, contrast and saturation in an order drawn with them.

/** Luma of a pixel in 65536ths, as ITU-R BT.601 weighs it. */
// @ts-ignore: decorator
@inline
function grey(image: usize, p: i32, pixels: i32, channels: i32): i32 {
  const first = <i32>load<u8>(image + p);
  if (channels != 3) return first;
  const green = <i32>load<u8>(image + pixels + p), blue = <i32>load<u8>(image + 2 * pixels + p);
  return (19595 * first + 38470 * green + 7471 * blue + 32768) >> 16;
}

/** from + factor · (value − from) as a byte. */
// @ts-ignore: decorator
@inline
function blend(value: i32, from: i32, factor: f32): u8 {
  const mixed: f32 = <f32>from + factor * <f32>(value - from);
  return <u8>(<i32>min<f32>(max<f32>(mixed + 0.5, 0), 255));
}

/** Every byte of the image is blended with one level. */
function blendLevel(image: usize, bytes: i32, level: i32, factor: f32): void {
  for (let i = 0; i < bytes; i++) store<u8>(image + i, blend(load<u8>(image + i), level, factor));
}

function blendGrey(image: usize, pixels: i32, channels: i32, factor: f32): void {
  for (let p = 0; p < pixels; p++) {
    const level = grey(image, p, pixels, channels);
    for (let c = 0; c < channels; c++) {
      const at = image + c * pixels + p;
      store<u8>(at, blend(load<u8>(at), level, factor));
    }
  }
}

/** The mean luma, rounded. */
function meanGrey(image: usize, pixels: i32, channels: i32): i32 {
  let sum: u64 = 0;
  for (let p = 0; p < pixels; p++) sum += <u64>grey(image, p, pixels, channels);
  return <i32>((2 * sum + <u64>pixels) / (2 * <u64>pixels));
}

/** Factor of the property k: bounds in the spec, deviates in the draws. */
// @ts-ignore: decorator
@inline
function factorOf(spec: usize, draws: usize, k: i32): f32 {
  const low = load<f32>(spec + (k << 3), 12);
  return low + (load<f32>(spec + (k << 3), 16) - low) * load<f32>(draws + (k << 2), 4);
}

export function jitterImages(x: usize, samples: i32, spec: usize, draws: usize): void {
  const channels = load<i32>(spec), pixels = load<i32>(spec, 4) * load<i32>(spec, 8);
  for (let s = 0; s < samples; s++) {
    const order = min(<i32>(load<f32>(draws) * 6), 5);
    // The properties of the three turns: order = 2·first + (whether the two others are swapped).
    const first = order >> 1;
    const next = first == 0 ? 1 : 0, last = first == 2 ? 1 : 2;
    for (let turn = 0; turn < 3; turn++) {
      const k = turn == 0 ? first : (turn == 1) == ((order & 1) == 0) ? next : last;
      const factor = factorOf(spec, draws, k);
      if (factor == 1) continue;
      if (k == 0) blendLevel(x, channels * pixels, 0, factor);
      else if (k == 1) blendLevel(x, channels * pixels, meanGrey(x, pixels, channels), factor);
      else blendGrey(x, pixels, channels, factor);
    }
    draws += 16;
    x += channels * pixels;
  }
}
