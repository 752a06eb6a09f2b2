// Multiplicative Gaussian noise, `=`, in place allowed: x·(1 + σz), z by Box–Muller on Philox words, all in f32, 32
// elements at a time. With u in (0, 1] and a turn t in [−½, ½) of two words: r = √(−2 ln u), z = r·cos 2πt and
// r·sin 2πt. Errors before rounding: −2 ln u 1.7e-7 and sin 3.3e-9 of the value, cos 3.3e-8 (minimax polynomials, by
// Remez' exchange); with rounding |error of z| < 4e-7·max(1, |z|), given u as an f32. |z| ≤ 6.66.
import { choose, storeLanes } from './lanes';
import { eightBlocks } from './philox-eight';

/** √(−2 ln u), u = (⌊w/2⌋ + ½)·2⁻³¹. With 2³¹u = m·2^e, √½ ≤ m < √2: −2 ln u = (m − 1)·Q(m − 1) + (31 − e)·2 ln 2. */
// @ts-ignore: decorator
@inline
function radius(word: v128): v128 {
  const t = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_u(word, 1)), f32x4.splat(0.5));
  const exponent = i32x4.shr_s(i32x4.sub(t, i32x4.splat(0x3f3504f3)), 23);
  const f = f32x4.sub(i32x4.sub(t, i32x4.shl(exponent, 23)), f32x4.splat(1));
  const e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.splat(31), exponent));
  let q = f32x4.add(f32x4.mul(f32x4.splat(0.2021378791728015), f), f32x4.splat(-0.32445162534713745));
  q = f32x4.add(f32x4.mul(q, f), f32x4.splat(0.34501659870147705));
  q = f32x4.add(f32x4.mul(q, f), f32x4.splat(-0.39800330996513367));
  q = f32x4.add(f32x4.mul(q, f), f32x4.splat(0.4993981719017029));
  q = f32x4.add(f32x4.mul(q, f), f32x4.splat(-0.6667011976242065));
  q = f32x4.add(f32x4.mul(q, f), f32x4.splat(1.0000072717666626));
  q = f32x4.add(f32x4.mul(q, f), f32x4.splat(-1.9999998807907104));
  return f32x4.sqrt(f32x4.add(f32x4.mul(q, f), f32x4.mul(e, f32x4.splat(1.3862943649291992))));
}

/** x · (1 + σ·r·c), c with the sign bit of `sign` flipped in. */
// @ts-ignore: decorator
@inline
function noisy(x: v128, sigma: v128, r: v128, c: v128, sign: v128): v128 {
  const z = f32x4.mul(r, v128.xor(c, v128.and(sign, i32x4.splat(i32.MIN_VALUE))));
  return f32x4.mul(x, f32x4.add(f32x4.splat(1), f32x4.mul(sigma, z)));
}

/**
 * The quarter turns a = w·2⁻³⁰ split into the nearest whole number and a rest in [−½, ½): `turned` = w + 2²⁹ has the
 * whole number in its two high bits.
 */
// @ts-ignore: decorator
@inline
function rest(turned: v128): v128 {
  const low = i32x4.sub(v128.and(turned, i32x4.splat(0x3fffffff)), i32x4.splat(0x20000000));
  return f32x4.mul(f32x4.convert_i32x4_s(low), f32x4.splat(9.31322574615478515625e-10));
}

/** sin(½πa) for |a| ≤ ½. */
// @ts-ignore: decorator
@inline
function sine(a: v128, z: v128): v128 {
  let p = f32x4.add(f32x4.mul(f32x4.splat(-0.00460165785625577), z), f32x4.splat(0.07968003302812576));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-0.6459634900093079));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.5707963705062866));
  return f32x4.mul(p, a);
}

/** cos(½πa) for |a| ≤ ½, z = a². */
// @ts-ignore: decorator
@inline
function cosine(z: v128): v128 {
  let p = f32x4.add(f32x4.mul(f32x4.splat(-0.020426250994205475), z), f32x4.splat(0.2536063492298126));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-1.2336980104446411));
  return f32x4.add(f32x4.mul(p, z), f32x4.splat(1));
}

/** Sixteen elements from eight pairs of words: eight cosines, then eight sines. */
// @ts-ignore: decorator
@inline
function sixteen(x: usize, out: usize, words: usize, sigma: v128, count: i32): void {
  const rA = radius(v128.load(words)), rB = radius(v128.load(words, 16));
  const half = i32x4.splat(0x20000000), quarter = i32x4.splat(0x40000000);
  const tA = i32x4.add(v128.load(words, 32), half), tB = i32x4.add(v128.load(words, 48), half);
  const aA = rest(tA), aB = rest(tB);
  const zA = f32x4.mul(aA, aA), zB = f32x4.mul(aB, aB);
  const sA = sine(aA, zA), sB = sine(aB, zB);
  const cA = cosine(zA), cB = cosine(zB);
  // An odd number of quarter turns exchanges sine and cosine.
  const oddA = i32x4.shr_s(i32x4.shl(tA, 1), 31), oddB = i32x4.shr_s(i32x4.shl(tB, 1), 31);
  const y0 = noisy(v128.load(x), sigma, rA, choose(oddA, sA, cA), i32x4.add(tA, quarter));
  const y1 = noisy(v128.load(x, 16), sigma, rB, choose(oddB, sB, cB), i32x4.add(tB, quarter));
  const y2 = noisy(v128.load(x, 32), sigma, rA, choose(oddA, cA, sA), tA);
  const y3 = noisy(v128.load(x, 48), sigma, rB, choose(oddB, cB, sB), tB);
  if (count >= 16) {
    v128.store(out, y0);
    v128.store(out, y1, 16);
    v128.store(out, y2, 32);
    v128.store(out, y3, 48);
    return;
  }
  storeLanes(out, y0, count);
  if (count > 4) storeLanes(out + 16, y1, count - 4);
  if (count > 8) storeLanes(out + 32, y2, count - 8);
  if (count > 12) storeLanes(out + 48, y3, count - 12);
}

export function gaussianDropout(
  x: usize, out: usize, rows: i32, n: i32, row0: i32, key: usize, step: usize, site: i32, rate: usize, scratch: usize,
): void {
  const key0 = load<i32>(key), key1 = load<i32>(key, 4), stepNumber = load<i32>(step);
  const sigma = v128.load32_splat(rate, 4);
  for (let row = row0; row < row0 + rows; row++) {
    for (let e = 0; e < n; e += 32) {
      eightBlocks(scratch, e >> 2, row, stepNumber, site, key0, key1);
      const count = n - e;
      sixteen(x, out, scratch, sigma, count);
      if (count > 16) sixteen(x + 64, out + 64, scratch + 64, sigma, count - 16);
      const bytes = <usize>min(count, 32) << 2;
      x += bytes;
      out += bytes;
    }
  }
}
