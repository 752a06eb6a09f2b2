// Uniform deviates in (0, 1) for rows of n elements, `=`. As in dropout nothing is drawn in turn: an element's number
// is a pure function of (key, site, step, row, element). A vector holds one Philox word of four counters, that is the
// numbers of four neighbouring elements.
import { storeLanes } from './lanes';
import { MULTIPLIER_0, MULTIPLIER_1, multiplyHigh, ROUNDS, WEYL_0, WEYL_1 } from './philox-round';

/** A word as (word + ½) · 2⁻³² in f32, at most the last float below 1. */
// @ts-ignore: decorator
@inline
function deviates(word: v128): v128 {
  const centred = f32x4.add(f32x4.convert_i32x4_u(word), f32x4.splat(0.5));
  return f32x4.min(f32x4.mul(centred, f32x4.splat(2.3283064365386963e-10)), f32x4.splat(0.999999940395355224609375));
}

export function uniformRows(out: usize, rows: i32, n: i32, row0: i32, key: usize, step: usize, site: i32): void {
  const stepNumber = load<i32>(step);
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  for (let row = row0; row < row0 + rows; row++) {
    for (let e = 0; e < n; e += 16) {
      let key0 = load<i32>(key), key1 = load<i32>(key, 4);
      let x0 = i32x4.add(i32x4.splat(e >> 2), i32x4(0, 1, 2, 3));
      let x1 = i32x4.splat(row), x2 = i32x4.splat(stepNumber), x3 = i32x4.splat(site);
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
      const left = n - e;
      storeLanes(out, deviates(x0), left);
      if (left > 4) storeLanes(out + 16, deviates(x1), left - 4);
      if (left > 8) storeLanes(out + 32, deviates(x2), left - 8);
      if (left > 12) storeLanes(out + 48, deviates(x3), left - 12);
      out += <usize>min(left, 16) << 2;
    }
  }
}
