/** e^x − 1 in f64 from products and sums alone: `Math.expm1` does not promise the same bits in every engine. */

/** e^x − 1 to within 1e-12, relative, for |x| ≤ 700: a Taylor series at x/2ᵏ, then (1 + s)² − 1 = s·(2 + s) k times. */
export function expm1(x: number): number {
  let halvings = 0;
  let reduced = x;
  while (Math.abs(reduced) > 0.25) {
    reduced /= 2;
    halvings++;
  }
  let term = 1;
  let sum = 0;
  for (let i = 1; i <= 14; i++) {
    term *= reduced / i;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum *= 2 + sum;
  return sum;
}
