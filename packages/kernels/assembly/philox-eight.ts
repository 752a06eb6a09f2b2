// Eight Philox blocks at a time, for the kernels that draw what they need into scratch and use it from there. Two
// groups of four counters are interleaved: the rounds are a long chain of dependent multiplications, and a second chain
// fills its gaps.
import { MULTIPLIER_0, MULTIPLIER_1, multiplyHigh, ROUNDS, WEYL_0, WEYL_1 } from './philox-round';


/** Word w of the block with counters (counter + b, row, step, site), b < 8, to out + 32w + 4b. */
export function eightBlocks(out: usize, counter: i32, row: i32, step: i32, site: i32, key0: i32, key1: i32): void {
  const m0 = i32x4.splat(MULTIPLIER_0), m1 = i32x4.splat(MULTIPLIER_1);
  let x0 = i32x4.add(i32x4.splat(counter), i32x4(0, 1, 2, 3)), y0 = i32x4.add(x0, i32x4.splat(4));
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
  v128.store(out, x0);
  v128.store(out, y0, 16);
  v128.store(out, x1, 32);
  v128.store(out, y1, 48);
  v128.store(out, x2, 64);
  v128.store(out, y2, 80);
  v128.store(out, x3, 96);
  v128.store(out, y3, 112);
}
