/** Powers in f64 from products and sums alone: `Math.pow` does not promise the same bits in every engine. */
import { expm1 } from './expm1.ts';
import { ln } from './ln.ts';

/** base^exponent for a whole exponent ≥ 0, by squaring. */
export function integerPower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** base^exponent for base ≥ 0 and exponent ≥ 0, to within 1e-12, relative, where the result is no less than 1e-300. */
export function power(base: number, exponent: number): number {
  if (Number.isInteger(exponent)) return integerPower(base, exponent);
  return base === 0 ? 0 : 1 + expm1(Math.max(-700, exponent * ln(base)));
}
