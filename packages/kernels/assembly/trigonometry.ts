// sin and cos of any float, in f64, rounded once. A quarter turn is taken off by Cody and Waite's two-part constant below 2²⁰, and
// beyond by Payne and Hanek's method: the bits of 2/π that matter for the exponent of x, times x, modulo 4.
import { cos64, sin64 } from './math64';

/** The k-th 32 bits of 2/π after the point; 0 before it. */
// @ts-ignore: decorator
@inline
function twoOverPi(k: i32): u64 {
  if (k < 0) return 0;
  if (k == 0) return 0xa2f9836e;
  if (k == 1) return 0x4e441529;
  if (k == 2) return 0xfc2757d1;
  if (k == 3) return 0xf534ddc0;
  if (k == 4) return 0xdb629599;
  return k == 5 ? 0x3c439041 : 0xfe5163ab;
}

/** 32 bits of 2/π from bit `skip` (which may be a little below 0) on. */
// @ts-ignore: decorator
@inline
function bitsOfTwoOverPi(skip: i32): u64 {
  const k = skip >> 5;
  return (((twoOverPi(k) << 32) | twoOverPi(k + 1)) >> (32 - (skip & 31))) & 0xffffffff;
}

/** sin (turn = 0) or cos (turn = 1) of a finite x. */
// @ts-ignore: decorator
@inline
function sineAt(x: f32, turn: i32): f32 {
  const a = abs<f32>(x);
  let r: f64, quarter: i32;
  if (a < 1048576) {
    const n = nearest<f64>(<f64>a * 0.6366197723675814);
    r = <f64>a - n * 1.5707963267341256 - n * 6.077100506506192e-11;
    quarter = <i32>n;
  } else {
    const bits = reinterpret<i32>(a);
    const mantissa = <u64>((bits & 0x7fffff) | 0x800000);
    // Of m · 2^e · 2/π, bits of 2/π before bit e − 2 give multiples of 4 only.
    const skip = (bits >> 23) - 152;
    const high = mantissa * bitsOfTwoOverPi(skip);
    const middle = mantissa * bitsOfTwoOverPi(skip + 32);
    const low = mantissa * bitsOfTwoOverPi(skip + 64);
    const turns = (high << 32) + middle + (low >> 32);
    const whole = (turns + 0x2000000000000000) >> 62;
    r = <f64>(<i64>(turns - (whole << 62))) * 3.4061215800865545e-19; // π/2 · 2⁻⁶²
    quarter = <i32>whole;
  }
  quarter += turn;
  let y = quarter & 1 ? cos64(r) : sin64(r);
  if (quarter & 2) y = -y;
  return <f32>(turn == 0 && x < 0 ? -y : y);
}

/** sin x; ±0 → ±0, infinite → NaN. */
export function sinOf(x: f32): f32 {
  if (x == 0) return x;
  return abs<f32>(x) < Infinity ? sineAt(x, 0) : NaN;
}

/** cos x; infinite → NaN. */
export function cosOf(x: f32): f32 {
  return abs<f32>(x) < Infinity ? sineAt(x, 1) : NaN;
}
