// expm1, log1p, log2, erf and pow of floats: computed in f64 and rounded once, so that the error stays below 0.51 units in the
// last place. The twin is `src/reference/elementary.ts`.
import { exp64, expMinusOne64, log64 } from './math64';

/** ln x of a float or of 1 + a float: 0 → −Infinity, negative → NaN. */
// @ts-ignore: decorator
@inline
function logOf(x: f64): f64 {
  if (x > 0 && x < Infinity) return log64(x);
  if (x == 0) return -Infinity;
  return x > 0 ? x : NaN;
}

/** e^x − 1; ±0 → ±0. */
export function expm1Of(x: f32): f32 {
  if (x == 0 || x != x) return x;
  return <f32>expMinusOne64(<f64>x);
}

/** ln(1 + x); ±0 → ±0, −1 → −Infinity, below NaN. Where 1 + x would round, by the first two terms of the series. */
export function log1pOf(x: f32): f32 {
  if (x == 0) return x;
  const wide = <f64>x;
  if (abs<f64>(wide) < 1e-8) return <f32>(wide - 0.5 * wide * wide);
  return <f32>logOf(1 + wide);
}

/** The binary logarithm; powers of two are exact. */
export function log2Of(x: f32): f32 {
  return <f32>(logOf(<f64>x) * 1.4426950408889634);
}

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt: by its series below 1, by a minimax fit in (|x| − 2.5) · ⅔ below 4 (|error| < 2e-11), ±1
 * beyond.
 */
export function erfOf(x: f32): f32 {
  const a = abs<f64>(<f64>x);
  if (a < 1) return <f32>(<f64>x * erfSeries(a * a));
  if (!(a < 4)) return a == a ? copysign<f32>(1, x) : x;
  return <f32>copysign<f64>(erfOuter((a - 2.5) * 0.6666666666666666), <f64>x);
}

function erfSeries(z: f64): f64 {
  let p: f64 = -6.7113668551641105e-12;
  p = p * z + 9.422759064650411e-11;
  p = p * z - 1.2290555301717928e-9;
  p = p * z + 1.4807192815879218e-8;
  p = p * z - 1.6365844691234924e-7;
  p = p * z + 0.0000016462114365889248;
  p = p * z - 0.00001492565035840625;
  p = p * z + 0.00012055332981789664;
  p = p * z - 0.0008548327023450853;
  p = p * z + 0.005223977625442188;
  p = p * z - 0.026866170645131252;
  p = p * z + 0.11283791670955126;
  p = p * z - 0.37612638903183754;
  p = p * z + 1.1283791670955126;
  return p;
}

function erfOuter(u: f64): f64 {
  let p: f64 = -0.000016278331442584616;
  p = p * u + 0.00003300364049399252;
  p = p * u + 0.00008066096754102609;
  p = p * u - 0.00029409835869049204;
  p = p * u + 0.00009287479322813952;
  p = p * u + 0.0009193688108328419;
  p = p * u - 0.0018524883567827167;
  p = p * u + 0.0004429757640530975;
  p = p * u + 0.004554078750803038;
  p = p * u - 0.009621931179697205;
  p = p * u + 0.006678397873316549;
  p = p * u + 0.00926770677725518;
  p = p * u - 0.03187626637841529;
  p = p * u + 0.04645359028482051;
  p = p * u - 0.043650790021468606;
  p = p * u + 0.028181553764725444;
  p = p * u - 0.012252848526226255;
  p = p * u + 0.0032674263182746943;
  p = p * u + 0.999593047982555;
  return p;
}

/** a^b by the rules of IEEE 754 (C's pow): a^0 = 1^b = 1, a negative base needs a whole exponent, else NaN. */
export function powOf(a: f32, b: f32): f32 {
  if (b == 0 || a == 1) return 1;
  if (a != a || b != b) return NaN;
  const base = abs<f32>(a);
  const whole = floor<f32>(b) == b;
  const odd = whole && abs<f32>(b) < 16777216 && floor<f32>(b * 0.5) != b * 0.5;
  let y: f64;
  if (abs<f32>(b) == Infinity) {
    if (base == 1) return 1;
    y = base > 1 == b > 0 ? Infinity : 0;
  } else if (base == 0 || base == Infinity) y = base > 1 == b > 0 ? Infinity : 0;
  else if (a < 0 && !whole) return NaN;
  else y = exp64(<f64>b * log64(<f64>base));
  const negative = odd && reinterpret<i32>(a) < 0;
  return <f32>(negative ? -y : y);
}
