// Inverted dropout over contiguous rows of n floats, `=`, in place allowed. Nothing is stored: the decision of an
// element is a pure function of (key, site, step, row, element), so backward repeats the call on the gradient. A
// vector holds one Philox word of four counters, that is eight 16-bit numbers for eight neighbouring elements. Two
// groups of 32 elements are interleaved: the rounds are a long chain of dependent multiplications, and a second chain
// fills its gaps.
import { storeLanes } from './lanes';
import { MULTIPLIER_0, MULTIPLIER_1, multiplyHigh, ROUNDS, WEYL_0, WEYL_1 } from './philox-round';

/** Eight elements: those whose number in `word` reaches the threshold, times scale; +0 for the others. */
// @ts-ignore: decorator
@inline
function eight(x: usize, out: usize, word: v128, threshold: v128, scale: v128): void {
  const kept = i16x8.ge_u(word, threshold);
  const low = v128.and(f32x4.mul(v128.load(x), scale), i32x4.extend_low_i16x8_s(kept));
  const high = v128.and(f32x4.mul(v128.load(x, 16), scale), i32x4.extend_high_i16x8_s(kept));
  v128.store(out, low);
  v128.store(out, high, 16);
}

/** The first `count` (1 or more) elements of `eight`. */
// @ts-ignore: decorator
@inline
function upToEight(x: usize, out: usize, word: v128, threshold: v128, scale: v128, count: i32): void {
  const kept = i16x8.ge_u(word, threshold);
  const low = v128.and(f32x4.mul(v128.load(x), scale), i32x4.extend_low_i16x8_s(kept));
  const high = v128.and(f32x4.mul(v128.load(x, 16), scale), i32x4.extend_high_i16x8_s(kept));
  storeLanes(out, low, count);
  if (count > 4) storeLanes(out + 16, high, count - 4);
}

/** One group of 32 elements of row `row`, of which the first `count` exist. */
function oneGroup(
  x: usize, out: usize, group: i32, row: i32, step: i32, site: i32, key0: i32, key1: i32, threshold: v128, scale: v128,
  count: i32,
): void {
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(row), x2 = i32x4.splat(step), x3 = i32x4.splat(site);
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
  upToEight(x, out, x0, threshold, scale, count);
  if (count > 8) upToEight(x + 32, out + 32, x1, threshold, scale, count - 8);
  if (count > 16) upToEight(x + 64, out + 64, x2, threshold, scale, count - 16);
  if (count > 24) upToEight(x + 96, out + 96, x3, threshold, scale, count - 24);
}

/** Two whole neighbouring groups, interleaved. */
// @ts-ignore: decorator
@inline
function twoGroups(
  x: usize, out: usize, group: i32, row: i32, step: i32, site: i32, key0: i32, key1: i32, threshold: v128, scale: v128,
): void {
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(group << 2), i32x4(0, 1, 2, 3)), y0 = i32x4.add(x0, i32x4.splat(4));
  let x1 = i32x4.splat(row), x2 = i32x4.splat(step), x3 = i32x4.splat(site);
  let y1 = x1, y2 = x2, y3 = x3;
  for (let round = 0; round < ROUNDS; round++) {
    const k0 = i32x4.splat(key0), k1 = i32x4.splat(key1);
    const xHigh0 = multiplyHigh(x0, m0), xLow0 = i32x4.mul(x0, m0);
    const yHigh0 = multiplyHigh(y0, m0), yLow0 = i32x4.mul(y0, m0);
    const xHigh1 = multiplyHigh(x2, m1), xLow1 = i32x4.mul(x2, m1);
    const yHigh1 = multiplyHigh(y2, m1), yLow1 = i32x4.mul(y2, m1);
    x0 = v128.xor(v128.xor(xHigh1, x1), k0);
    y0 = v128.xor(v128.xor(yHigh1, y1), k0);
    x1 = xLow1;
    y1 = yLow1;
    x2 = v128.xor(v128.xor(xHigh0, x3), k1);
    y2 = v128.xor(v128.xor(yHigh0, y3), k1);
    x3 = xLow0;
    y3 = yLow0;
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
  eight(x, out, x0, threshold, scale);
  eight(x + 32, out + 32, x1, threshold, scale);
  eight(x + 64, out + 64, x2, threshold, scale);
  eight(x + 96, out + 96, x3, threshold, scale);
  eight(x + 128, out + 128, y0, threshold, scale);
  eight(x + 160, out + 160, y1, threshold, scale);
  eight(x + 192, out + 192, y2, threshold, scale);
  eight(x + 224, out + 224, y3, threshold, scale);
}

export function dropout(
  x: usize, out: usize, rows: i32, n: i32, row0: i32, key: usize, step: usize, site: i32, rate: usize,
): void {
  const threshold = load<i32>(rate);
  if (threshold > 0xffff) {
    // No 16-bit number reaches 65536: everything is dropped.
    memory.fill(out, 0, (<usize>rows * <usize>n) << 2);
    return;
  }
  const key0 = load<i32>(key), key1 = load<i32>(key, 4), stepNumber = load<i32>(step);
  const least = i16x8.splat(<i16>threshold);
  const scale = v128.load32_splat(rate, 4);
  for (let row = row0; row < row0 + rows; row++) {
    let group = 0;
    let left = n;
    for (; left >= 64; left -= 64) {
      twoGroups(x, out, group, row, stepNumber, site, key0, key1, least, scale);
      group += 2;
      x += 256;
      out += 256;
    }
    while (left > 0) {
      const count = min(left, 32);
      oneGroup(x, out, group, row, stepNumber, site, key0, key1, least, scale, count);
      group++;
      x += <usize>count << 2;
      out += <usize>count << 2;
      left -= count;
    }
  }
}
