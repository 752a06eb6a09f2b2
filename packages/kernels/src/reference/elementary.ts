/**
 * The twins of `assembly/elementary.ts` and `assembly/trigonometry.ts`: the same f64 operations in the same order, rounded once to f32.
 */
import { f32Bits } from '../load.ts';
import { cos64, exp64, expMinusOne64, log64, nearestEven64, sin64 } from './math64.ts';

const f = Math.fround;

/** p ← p·x + c for every following coefficient, in f64. */
function horner(x: number, first: number, others: readonly number[]): number {
  let p = first;
  for (const c of others) p = p * x + c;
  return p;
}

function logOf(x: number): number {
  if (x > 0 && x < Number.POSITIVE_INFINITY) return log64(x);
  if (x === 0) return Number.NEGATIVE_INFINITY;
  return x > 0 ? x : Number.NaN;
}

/** e^x − 1. */
export function expm1(x: number): number {
  return x === 0 || Number.isNaN(x) ? x : f(expMinusOne64(x));
}

/** ln(1 + x). */
export function log1p(x: number): number {
  if (x === 0) return x;
  return f(Math.abs(x) < 1e-8 ? x - 0.5 * x * x : logOf(1 + x));
}

/** The binary logarithm. */
export function log2(x: number): number {
  return f(logOf(x) * Math.LOG2E);
}

/** The error function: its series below 1, a minimax fit below 4, ±1 beyond. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a < 1) return f(x * horner(a * a, erfSeries[0]!, erfSeries.slice(1)));
  const y = a < 4 ? horner((a - 2.5) * 0.6666666666666666, erfOuter[0]!, erfOuter.slice(1)) : 1;
  return f(x < 0 ? -y : y);
}

const erfSeries = [
  -6.7113668551641105e-12, 9.422759064650411e-11, -1.2290555301717928e-9, 1.4807192815879218e-8, -1.6365844691234924e-7,
  0.0000016462114365889248, -0.00001492565035840625, 0.00012055332981789664, -0.0008548327023450853,
  0.005223977625442188, -0.026866170645131252, 0.11283791670955126, -0.37612638903183754, 1.1283791670955126,
];
const erfOuter = [
  -0.000016278331442584616, 0.00003300364049399252, 0.00008066096754102609, -0.00029409835869049204,
  0.00009287479322813952, 0.0009193688108328419, -0.0018524883567827167, 0.0004429757640530975, 0.004554078750803038,
  -0.009621931179697205, 0.006678397873316549, 0.00926770677725518, -0.03187626637841529, 0.04645359028482051,
  -0.043650790021468606, 0.028181553764725444, -0.012252848526226255, 0.0032674263182746943, 0.999593047982555,
];

/** a^b by the rules of C's pow. */
export function pow(a: number, b: number): number {
  if (b === 0 || a === 1) return 1;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  const base = Math.abs(a);
  const whole = Number.isInteger(b);
  const odd = whole && Math.abs(b % 2) === 1;
  const sign = odd && (a < 0 || Object.is(a, -0)) ? -1 : 1;
  if (base === 1 && !Number.isFinite(b)) return 1;
  if (!Number.isFinite(b) || base === 0 || base === Number.POSITIVE_INFINITY) {
    return sign * (base > 1 === b > 0 ? Number.POSITIVE_INFINITY : 0);
  }
  if (a < 0 && !whole) return Number.NaN;
  return f(sign * exp64(b * log64(base)));
}

/** 2/π · 2²²⁴, rounded down. */
const twoOverPi = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abn;

/** What is left of a ≥ 0 after whole quarter turns, and how many there were, modulo 4. */
function reduced(a: number): { r: number; quarter: number } {
  if (a < 1048576) {
    const n = nearestEven64(a * 0.6366197723675814);
    return { r: a - n * 1.5707963267341256 - n * 6.077100506506192e-11, quarter: n % 4 };
  }
  const bits = f32Bits(a);
  const mantissa = BigInt((bits & 0x7fffff) | 0x800000);
  const skip = (bits >> 23) - 152;
  // 96 bits of 2/π from bit `skip` on; zeros stand before the point.
  const window = BigInt.asUintN(96, twoOverPi >> BigInt(224 - 96 - skip));
  const turns = BigInt.asUintN(64, (mantissa * window) >> 32n);
  const whole = BigInt.asUintN(64, turns + 2n ** 61n) >> 62n;
  return { r: Number(BigInt.asIntN(64, turns - (whole << 62n))) * 3.4061215800865545e-19, quarter: Number(whole) };
}

function sineAt(x: number, turn: 0 | 1): number {
  if (!Number.isFinite(x)) return Number.NaN;
  const { r, quarter } = reduced(Math.abs(x));
  const at = (quarter + turn) % 4;
  const y = at % 2 === 1 ? cos64(r) : sin64(r);
  const signed = at >= 2 ? -y : y;
  return f(turn === 0 && x < 0 ? -signed : signed);
}

export function sin(x: number): number {
  return x === 0 ? x : sineAt(x, 0);
}

export function cos(x: number): number {
  return sineAt(x, 1);
}
