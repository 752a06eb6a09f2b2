/** Functions that activations are made of, one float at a time: the same operations as `assembly/math-activation.ts`. */
import { f32Bits, f32FromBits } from '../load.ts';
import { exp, horner, log, nearestEven, powerOfTwo } from './math.ts';

const f = Math.fround;

/** e^x − 1 for x ≤ 0, from 2^n·q + (2^n − 1) with q = e^r − 1; below −30 it is −1. */
export function expMinusOne(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  const c = Math.max(Math.min(x, 0), -30);
  const n = nearestEven(f(c * f(Math.LOG2E)));
  let r = f(c - f(n * f(0.693359375)));
  r = f(r - f(n * f(-2.1219444e-4)));
  const p = horner(
    r,
    ...([1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1] as const),
  );
  const q = f(f(p * f(r * r)) + r);
  return f(f(q * powerOfTwo(n)) + f(powerOfTwo(n) - 1));
}

/** log(1 + x) − x for √½ − 1 ≤ x ≤ √2 − 1, plus the low part of a multiple of ln 2. */
export function logTail(x: number, lowPart: number): number {
  const z = f(x * x);
  const p = horner(
    x,
    ...([7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1] as const),
    ...([-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1] as const),
  );
  return f(f(f(f(p * x) * z) + lowPart) - f(0.5 * z));
}

/** log(1 + e) for 0 ≤ e ≤ 1. */
export function logOnePlus(e: number): number {
  const large = e >= f(0.41421357);
  const x = large ? f(f(e - 1) * 0.5) : e;
  return f(f(x + logTail(x, large ? f(-2.1219444e-4) : 0)) + (large ? 0.693359375 : 0));
}

/** e^(−a²/2) for 0 ≤ a ≤ 16, the rounding error of a² put right to first order. */
export function gaussian(a: number): number {
  const square = f(a * a);
  const high = f32FromBits(f32Bits(a) & 0xfffff000);
  const low = f(a - high);
  const lost = f(f(f(f(high * high) - square) + f(f(high + high) * low)) + f(low * low));
  const e = exp(f(square * -0.5));
  return f(e - f(e * f(lost * 0.5)));
}

/** ½·erfc(a ÷ √2) · e^(a²/2) for 0 ≤ a ≤ 14. */
export function tail(a: number): number {
  const t = f(1 / f(1 + f(f(0.27) * a)));
  const p = horner(
    t,
    ...([0.02896110389, -0.126485874415, 0.169786179417, -0.069210781908, 0.107825636146] as const),
    ...([0.0720496096373, 0.101810608295, 0.107542874104, 0.107720656717] as const),
  );
  return f(p * t);
}

/** log(1 − p) for 0 ≤ p ≤ 1. */
export function logOneMinus(p: number): number {
  if (Number.isNaN(p)) return Number.NaN;
  return p < f(0.29289321) ? f(-p + logTail(-p, 0)) : log(f(1 - p));
}
