/** Numbers of a symmetric beta distribution, from arithmetic that gives the same bits in every engine. */
import { expm1 } from '../math/expm1.ts';
import { ln } from '../math/ln.ts';

/** Uniform in (0, 1), another one every time. */
export type Deviates = () => number;

/**
 * A number of Beta(alpha, alpha): for alpha ≤ 1 by Jöhnk (1964), from powers u^(1/alpha) in logarithms, else as the quotient of gamma
 * numbers (Marsaglia & Tsang 2000).
 */
export function beta(alpha: number, deviates: Deviates): number {
  if (alpha > 1) {
    const x = gamma(alpha, deviates);
    return x / (x + gamma(alpha, deviates));
  }
  for (;;) {
    const [x, y] = [ln(deviates()) / alpha, ln(deviates()) / alpha];
    // ln(e^x + e^y) and the share of e^x, from the difference, so that nothing underflows.
    const larger = Math.max(x, y);
    const rest = Math.max(Math.min(x, y) - larger, -700);
    const sum = 2 + expm1(rest);
    if (larger + ln(sum) > 0) continue;
    return x >= y ? 1 / sum : 1 - 1 / sum;
  }
}

/** Gamma(alpha, 1) for alpha > 1. */
function gamma(alpha: number, deviates: Deviates): number {
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normal(deviates);
    const root = 1 + c * z;
    const v = root * root * root;
    if (v > 0 && ln(deviates()) < 0.5 * z * z + d - d * v + d * ln(v)) return d * v;
  }
}

/** By the polar method (Marsaglia & Bray 1964). */
function normal(deviates: Deviates): number {
  for (;;) {
    const [x, y] = [2 * deviates() - 1, 2 * deviates() - 1];
    const r = x * x + y * y;
    if (r < 1 && r > 0) return x * Math.sqrt((-2 * ln(r)) / r);
  }
}
