// Crops and mirror images of byte images [C][H][W], `=`. What a sample gets was drawn before: uniform deviates, a row a
// sample. Rows are copied and reversed sixteen bytes at a time.

/** A whole number in [0, count) from a deviate in (0, 1). */
// @ts-ignore: decorator
@inline
export function wholeNumber(deviate: f32, count: i32): i32 {
  return min(<i32>(deviate * <f32>count), count - 1);
}

/** Coordinate i of an axis of `size`, mirrored at the ends without repeating them, for −size < i < 2·size − 1. */
// @ts-ignore: decorator
@inline
function reflected(i: i32, size: i32): i32 {
  const a = abs(i);
  return a < size ? a : 2 * (size - 1) - a;
}

/** Row y of the output from a row of the image that is shifted by dx; outside of it `fill`, or the mirror image. */
// @ts-ignore: decorator
@inline
function cropRow(from: usize, to: usize, width: i32, dx: i32, reflect: bool, fill: u8): void {
  const left = min(max(-dx, 0), width), right = max(min(width - dx, width), left);
  if (reflect) {
    for (let x = 0; x < left; x++) store<u8>(to + x, load<u8>(from + reflected(x + dx, width)));
    for (let x = right; x < width; x++) store<u8>(to + x, load<u8>(from + reflected(x + dx, width)));
  } else {
    memory.fill(to, fill, left);
    memory.fill(to + right, fill, width - right);
  }
  memory.copy(to + left, from + left + dx, right - left);
}

export function cropImages(x: usize, out: usize, samples: i32, spec: usize, draws: usize, fill: usize): void {
  const channels = load<i32>(spec), height = load<i32>(spec, 4), width = load<i32>(spec, 8);
  const padY = load<i32>(spec, 12), padX = load<i32>(spec, 16), reflect = load<i32>(spec, 20) != 0;
  for (let s = 0; s < samples; s++) {
    const dy = wholeNumber(load<f32>(draws), 2 * padY + 1) - padY;
    const dx = wholeNumber(load<f32>(draws, 4), 2 * padX + 1) - padX;
    draws += 8;
    for (let c = 0; c < channels; c++) {
      const value = load<u8>(fill + c);
      for (let y = 0; y < height; y++) {
        let row = y + dy;
        if (reflect) row = reflected(row, height);
        if (row < 0 || row >= height) memory.fill(out, value, width);
        else cropRow(x + row * width, out, width, dx, reflect, value);
        out += width;
      }
      x += height * width;
    }
  }
}

/** n bytes in reverse. */
// @ts-ignore: decorator
@inline
function reverseRow(from: usize, to: usize, n: i32): void {
  const order = i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  let i = 0;
  for (; i + 16 <= n; i += 16) v128.store(to + i, i8x16.swizzle(v128.load(from + (n - 16 - i)), order));
  for (; i < n; i++) store<u8>(to + i, load<u8>(from + (n - 1 - i)));
}

export function flipImages(
  x: usize, out: usize, samples: i32, spec: usize, draws: usize, pBits: i32, vertical: i32,
): void {
  const channels = load<i32>(spec), height = load<i32>(spec, 4), width = load<i32>(spec, 8);
  const p = reinterpret<f32>(pBits), planeBytes = height * width;
  for (let s = 0; s < samples; s++) {
    if (!(load<f32>(draws + (<usize>s << 2)) < p)) {
      memory.copy(out, x, channels * planeBytes);
      x += channels * planeBytes;
      out += channels * planeBytes;
      continue;
    }
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        const from = x + (vertical != 0 ? height - 1 - y : y) * width;
        if (vertical != 0) memory.copy(out, from, width);
        else reverseRow(from, out, width);
        out += width;
      }
      x += planeBytes;
    }
  }
}
