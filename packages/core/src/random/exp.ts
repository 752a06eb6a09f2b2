/** e^x in f64 from products and sums alone: `Math.exp` does not promise the same bits in every engine. */

/** e^x to within a few units of the last place for |x| ≤ 700: a Taylor series at x/2ᵏ, squared k times. */
export function exp(x: number): number {
  let scale = 0;
  let reduced = x;
  while (Math.abs(reduced) > 0.25) {
    reduced /= 2;
    scale++;
  }
  let term = 1;
  let sum = 0;
  // e^r − 1, so that squaring loses little: (1 + s)² − 1 = s·(2 + s).
  for (let i = 1; i <= 14; i++) {
    term *= reduced / i;
    sum += term;
  }
  for (let i = 0; i < scale; i++) sum *= 2 + sum;
  return 1 + sum;
}
