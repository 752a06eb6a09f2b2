/**
 * The transcendental functions, one float at a time: the same operations as `assembly/math.ts` in the same order,
 * each rounded to f32. Minimax coefficients: Cephes single precision (expf.c, logf.c, tanhf.c).
 */
import { f32Bits, f32FromBits } from '../load.ts';

const f = Math.fround;

/** λ and λα of SELU (Klambauer et al. 2017). */
const seluScale = 1.0507009873554805;
const seluNegative = 1.7580993408473766;

/** p ← p·x + c for every following coefficient, rounded after each operation. */
export function horner(x: number, first: number, ...others: number[]): number {
  let p = f(first);
  for (const c of others) p = f(f(p * x) + f(c));
  return p;
}

/** The nearest integer, halves to even. */
export function nearestEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

export function powerOfTwo(n: number): number {
  return f32FromBits((n + 127) << 23);
}

/** e^x; above 88.73 → Infinity, below −103.98 → +0, subnormal results rounded once. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const c = Math.max(Math.min(x, 89), -104);
  const n = nearestEven(f(c * f(Math.LOG2E)));
  let r = f(c - f(n * f(0.693359375)));
  r = f(r - f(n * f(-2.1219444e-4)));
  const p = horner(
    r,
    ...([1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1] as const),
  );
  const y = f(f(f(p * f(r * r)) + r) + 1);
  const half = n >> 1;
  return f(f(y * powerOfTwo(half)) * powerOfTwo(n - half));
}

/** ln x; 0 → −Infinity, negative → NaN. */
export function log(x: number): number {
  if (x < 0 || Number.isNaN(x)) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  const subnormal = x < f(1.17549435e-38);
  const bits = f32Bits(subnormal ? f(x * 8388608) : x);
  const exponent = (bits - 0x3f3504f3) >> 23;
  const m = f(f32FromBits(bits - (exponent << 23)) - 1);
  const e = exponent - (subnormal ? 23 : 0);
  const z = f(m * m);
  const p = horner(
    m,
    ...([7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1] as const),
    ...([-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1] as const),
  );
  let y = f(f(p * m) * z);
  y = f(y + f(e * f(-2.1219444e-4)));
  y = f(y - f(0.5 * z));
  return f(f(m + y) + f(e * f(0.693359375)));
}

/** (tanh x − x) ÷ x as a polynomial in z = x², for |x| < 0.625. */
export function tanhTail(z: number): number {
  return f(horner(z, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1) * z);
}

/** tanh x: an odd polynomial below 0.625, else 1 − 2 ÷ (e^2|x| + 1) with the sign of x. */
export function tanh(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const a = Math.abs(x);
  const y = a < 0.625 ? f(f(tanhTail(f(a * a)) * a) + a) : f(1 - f(2 / f(exp(f(a + a)) + 1)));
  return x < 0 || Object.is(x, -0) ? -y : y;
}

/** 1 ÷ (1 + e^−x) from e = e^−|x| and t = e ÷ (1 + e): 1 − t for x ≥ 0, e − e·t for x < 0. */
export function sigmoid(x: number): number {
  const e = exp(-Math.abs(x));
  const t = f(e / f(1 + e));
  return x < 0 ? f(e - f(e * t)) : f(1 - t);
}

/** λx for x > 0, else λα(e^x − 1), from 2^n·q + (2^n − 1) with q = e^r − 1. */
export function selu(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 0) return f(x * f(seluScale));
  const c = Math.max(x, -30);
  const n = nearestEven(f(c * f(Math.LOG2E)));
  let r = f(c - f(n * f(0.693359375)));
  r = f(r - f(n * f(-2.1219444e-4)));
  const p = horner(
    r,
    ...([1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1] as const),
  );
  const q = f(f(p * f(r * r)) + r);
  return f(f(f(q * powerOfTwo(n)) + f(powerOfTwo(n) - 1)) * f(seluNegative));
}

/** dy·λ where y > 0, else dy·(y + λα). */
export function seluGrad(dy: number, y: number): number {
  return f(dy * (y > 0 ? f(seluScale) : f(y + f(seluNegative))));
}
