/** Powers and cosine in f64 from products and sums alone: `Math.pow` and the like do not promise the same bits in every engine. */
import { expm1 } from '../random/expm1.ts';
import { ln } from '../random/ln.ts';

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

/** cos(πx) to within 1e-15: x is brought into [0, ½] by symmetry, then the series of the cosine, or of the sine beyond ¼. */
export function cosPi(x: number): number {
  const turned = Math.abs(x) - 2 * Math.floor(Math.abs(x) / 2);
  const half = turned > 1 ? 2 - turned : turned;
  const quarter = half > 0.5 ? 1 - half : half;
  const value = quarter <= 0.25 ? series(Math.PI * quarter, 0) : series(Math.PI * (0.5 - quarter), 1);
  return half > 0.5 ? -value : value;
}

/** Σ (−1)ᵏ y^(2k + first) / (2k + first)!, for |y| ≤ π/4: the cosine from 0, the sine from 1. */
function series(y: number, first: 0 | 1): number {
  let sum = 1;
  for (let k = 10; k >= 1; k--) sum = 1 - (sum * y * y) / ((2 * k + first) * (2 * k + first - 1));
  return first === 1 ? y * sum : sum;
}
