// Normal deviates by Box–Muller, `=`. Each Philox block gives four: words (0, 1) → i, i + 1 and words (2, 3) → i + 2,
// i + 3, as r·cos θ, r·sin θ with r = √(−2 ln((w₀ + 1)·2⁻³²)) and θ = 2π·w₁·2⁻³², in f64. Used for initial values:
// scalar, not tuned.
import { cos64, log64, sin64 } from './math64';
import { MULTIPLIER_0, MULTIPLIER_1, ROUNDS, WEYL_0, WEYL_1 } from './philox-round';

/** Writes the first `count` (1 or more, at most 2 count) deviates of a pair of words. */
function putPair(out: usize, w0: u32, w1: u32, count: i32, mean: f64, std: f64): void {
  const r = sqrt<f64>(-2 * log64((<f64>w0 + 1) * 2.3283064365386963e-10));
  // The nearest multiple of a quarter turn is taken off exactly, in integers.
  const quarter = (w1 + 0x20000000) >> 30;
  const x = <f64>(<i32>(w1 - (quarter << 30))) * 1.4629180792671596e-9; // 2π · 2⁻³²
  const s = sin64(x), c = cos64(x);
  let cosine = c, sine = s;
  if (quarter == 1) {
    cosine = -s;
    sine = c;
  } else if (quarter == 2) {
    cosine = -c;
    sine = -s;
  } else if (quarter == 3) {
    cosine = s;
    sine = -c;
  }
  store<f32>(out, <f32>(mean + std * (r * cosine)));
  if (count > 1) store<f32>(out, <f32>(mean + std * (r * sine)), 4);
}

export function normal(out: usize, n: i32, key: usize, stream: i32, meanBits: i32, stdBits: i32): void {
  const mean = <f64>reinterpret<f32>(meanBits), std = <f64>reinterpret<f32>(stdBits);
  for (let i = 0; i < n; i += 4) {
    let x0: u32 = i >> 2, x1: u32 = stream, x2: u32 = 0, x3: u32 = 0;
    let key0 = load<u32>(key), key1 = load<u32>(key, 4);
    for (let round = 0; round < ROUNDS; round++) {
      const product0 = <u64>x0 * <u64>(<u32>MULTIPLIER_0), product1 = <u64>x2 * <u64>(<u32>MULTIPLIER_1);
      x0 = <u32>(product1 >> 32) ^ x1 ^ key0;
      x1 = <u32>product1;
      x2 = <u32>(product0 >> 32) ^ x3 ^ key1;
      x3 = <u32>product0;
      key0 += <u32>WEYL_0;
      key1 += <u32>WEYL_1;
    }
    const to = out + (<usize>i << 2);
    putPair(to, x0, x1, n - i, mean, std);
    if (n - i > 2) putPair(to + 8, x2, x3, n - i - 2, mean, std);
  }
}
