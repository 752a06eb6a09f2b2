// Batch normalisation, backward, on channels-last rows of n floats. `=`, no overlap. y = 0 (null): no ReLU followed.
import { highHalf, joinHalves, lowHalf } from './batch-norm';
import { storeLanes } from './lanes';

/** Where the gradient passes the ReLU: dy where y > 0, else +0. */
// @ts-ignore: decorator
@inline
function passed(dy: usize, y: usize): v128 {
  return y ? v128.and(v128.load(dy), f32x4.gt(v128.load(y), f32x4.splat(0))) : v128.load(dy);
}

export function batchNormGradSums(
  dy: usize, x: usize, y: usize, statistics: usize, samples: i32, rows: i32, n: i32, out: usize,
): void {
  const rowBytes = <usize>n << 2;
  for (let s = 0; s < samples; s++) {
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      const mean = v128.load(statistics + at), scale = v128.load(statistics + rowBytes + at);
      let s0 = f64x2.splat(0), s1 = s0, p0 = s0, p1 = s0;
      let offset = at;
      for (let r = 0; r < rows; r++) {
        const g = passed(dy + offset, y ? y + offset : 0);
        const p = f32x4.mul(g, f32x4.sub(v128.load(x + offset), mean));
        s0 = f64x2.add(s0, lowHalf(g));
        s1 = f64x2.add(s1, highHalf(g));
        p0 = f64x2.add(p0, lowHalf(p));
        p1 = f64x2.add(p1, highHalf(p));
        offset += rowBytes;
      }
      storeLanes(out + at, joinHalves(s0, s1), n - j);
      const normalised = joinHalves(f64x2.mul(p0, lowHalf(scale)), f64x2.mul(p1, highHalf(scale)));
      storeLanes(out + rowBytes + at, normalised, n - j);
    }
    dy += <usize>rows * rowBytes;
    x += <usize>rows * rowBytes;
    if (y) y += <usize>rows * rowBytes;
    out += 2 * rowBytes;
  }
}

/** The factors of each channel: scale = invstd · gamma, mean of dy, invstd · mean of dy · x̂; `tmp` holds three rows of them. */
// @ts-ignore: decorator
@inline
function writeFactors(statistics: usize, gamma: usize, sums: usize, n: i32, count: f64, tmp: usize, row: usize): void {
  const rowBytes = <usize>n << 2;
  const values = f64x2.splat(count);
  for (let j = 0; j < n; j += 4) {
    const at = <usize>j << 2;
    const invstd = v128.load(statistics + rowBytes + at);
    v128.store(tmp + at, f32x4.mul(invstd, v128.load(gamma + at)));
    if (!sums) continue;
    const s = v128.load(sums + at), p = v128.load(sums + rowBytes + at);
    v128.store(tmp + row + at, joinHalves(f64x2.div(lowHalf(s), values), f64x2.div(highHalf(s), values)));
    const p0 = f64x2.div(f64x2.mul(lowHalf(p), lowHalf(invstd)), values);
    const p1 = f64x2.div(f64x2.mul(highHalf(p), highHalf(invstd)), values);
    v128.store(tmp + 2 * row + at, joinHalves(p0, p1));
  }
}

export function batchNormGrad(
  dy: usize, x: usize, y: usize, statistics: usize, gamma: usize, sums: usize, dx: usize, rows: i32, n: i32,
  count: i32, tmp: usize,
): void {
  const rowBytes = <usize>n << 2;
  const row = (rowBytes + 15) & ~15;
  writeFactors(statistics, gamma, sums, n, <f64>count, tmp, row);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < n; j += 4) {
      const at = <usize>j << 2;
      let g = passed(dy + at, y ? y + at : 0);
      if (sums) {
        const d = f32x4.sub(v128.load(x + at), v128.load(statistics + at));
        g = f32x4.sub(f32x4.sub(g, v128.load(tmp + row + at)), f32x4.mul(d, v128.load(tmp + 2 * row + at)));
      }
      storeLanes(dx + at, f32x4.mul(g, v128.load(tmp + at)), n - j);
    }
    dy += rowBytes;
    x += rowBytes;
    if (y) y += rowBytes;
    dx += rowBytes;
  }
}
