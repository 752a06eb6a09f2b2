/** ln x in f64 from sums, products and quotients alone: `Math.log` does not promise the same bits in every engine. */

/** In two parts, so that k·ln 2 is exact in its first. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** ln x to within 1e-15, relative to max(1, |ln x|), for finite x > 0: x = 2ᵏ·m with √½ ≤ m < √2, ln m = 2·artanh((m − 1)/(m + 1)). */
export function ln(x: number): number {
  let m = x;
  let k = 0;
  for (; m >= Math.SQRT2; m /= 2) k++;
  for (; m < Math.SQRT1_2; m *= 2) k--;
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum = 0;
  for (let i = 23; i >= 1; i -= 2) sum = sum * z + 1 / i;
  return k * ln2High + (2 * s * sum + k * ln2Low);
}
