// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11): the constants and the two
// halves of its product, four counters at a time.

export const MULTIPLIER_0: i32 = 0xD2511F53;
export const MULTIPLIER_1: i32 = 0xCD9E8D57;
export const WEYL_0: i32 = 0x9E3779B9;
export const WEYL_1: i32 = 0xBB67AE85;
export const ROUNDS: i32 = 10;

/** High 32 bits of the four unsigned products a · m. */
// @ts-ignore: decorator
@inline
export function multiplyHigh(a: v128, m: v128): v128 {
  const low = i64x2.extmul_low_i32x4_u(a, m);
  const high = i64x2.extmul_high_i32x4_u(a, m);
  return i32x4.shuffle(low, high, 1, 3, 5, 7);
}
