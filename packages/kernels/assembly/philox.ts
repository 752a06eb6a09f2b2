// Blocks of Philox words and uniform deviates. `=`. Four blocks are computed at a time (one word of each in a
// vector), then transposed into block order; the last one to three blocks are written from the same vectors.
import { storeLanes } from './lanes';
import { MULTIPLIER_0, MULTIPLIER_1, multiplyHigh, ROUNDS, WEYL_0, WEYL_1 } from './philox-round';

/** Four consecutive blocks in block order to `out` (64 bytes): as words, or as floats low + range · u. */
// @ts-ignore: decorator
@inline
function fourBlocks(
  out: usize, c0: i32, c1: i32, c2: i32, c3: i32, key0: i32, key1: i32, words: i32, asFloat: bool, low: f32, range: f32,
): void {
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(c0), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(c1), x2 = i32x4.splat(c2), x3 = i32x4.splat(c3);
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(x0, m0), low0 = i32x4.mul(x0, m0);
    const high1 = multiplyHigh(x2, m1), low1 = i32x4.mul(x2, m1);
    x0 = v128.xor(v128.xor(high1, x1), i32x4.splat(key0));
    x1 = low1;
    x2 = v128.xor(v128.xor(high0, x3), i32x4.splat(key1));
    x3 = low0;
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  const a = i32x4.shuffle(x0, x1, 0, 4, 1, 5), b = i32x4.shuffle(x2, x3, 0, 4, 1, 5);
  const c = i32x4.shuffle(x0, x1, 2, 6, 3, 7), d = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  put(out, i64x2.shuffle(a, b, 0, 2), words, asFloat, low, range);
  if (words > 4) put(out + 16, i64x2.shuffle(a, b, 1, 3), words - 4, asFloat, low, range);
  if (words > 8) put(out + 32, i64x2.shuffle(c, d, 0, 2), words - 8, asFloat, low, range);
  if (words > 12) put(out + 48, i64x2.shuffle(c, d, 1, 3), words - 12, asFloat, low, range);
}

// @ts-ignore: decorator
@inline
function put(out: usize, v: v128, words: i32, asFloat: bool, low: f32, range: f32): void {
  if (asFloat) {
    const u = f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(v, 8)), f32x4.splat(5.9604644775390625e-8));
    storeLanes(out, f32x4.add(f32x4.splat(low), f32x4.mul(f32x4.splat(range), u)), words);
  } else {
    storeLanes(out, v, words);
  }
}

export function philox(out: usize, blocks: i32, counter: usize, key: usize): void {
  const c0 = load<i32>(counter), c1 = load<i32>(counter, 4), c2 = load<i32>(counter, 8), c3 = load<i32>(counter, 12);
  const key0 = load<i32>(key), key1 = load<i32>(key, 4);
  for (let b = 0; b < blocks; b += 4) {
    fourBlocks(out + (<usize>b << 4), c0 + b, c1, c2, c3, key0, key1, (blocks - b) << 2, false, 0, 0);
  }
}

export function uniform(out: usize, n: i32, key: usize, stream: i32, lowBits: i32, highBits: i32): void {
  const low = reinterpret<f32>(lowBits);
  const range: f32 = reinterpret<f32>(highBits) - low;
  const key0 = load<i32>(key), key1 = load<i32>(key, 4);
  for (let i = 0; i < n; i += 16) {
    fourBlocks(out + (<usize>i << 2), i >> 2, stream, 0, 0, key0, key1, n - i, true, low, range);
  }
}
