// ln, exp, sin and cos in f64, made of + − × ÷ and bit tricks only, so that every engine and the TypeScript twin
// (`src/reference/math64.ts`) give the same bits. Polynomials of ln, sin and cos: fdlibm (Sun), e_log.c, k_sin.c, k_cos.c.

/** ln x for a positive normal f64. */
export function log64(x: f64): f64 {
  let bits = reinterpret<i64>(x);
  // Move the mantissa to [√½, √2): 0x3fe6a09e… is √½.
  const exponent = <i32>((bits - 0x3fe6a09e667f3bcd) >> 52);
  bits -= (<i64>exponent) << 52;
  const f = reinterpret<f64>(bits) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239
    + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  const e = <f64>exponent;
  return s * (half + (even + odd)) + e * 1.9082149292705877e-10 - half + f + e * 0.6931471803691238;
}

/** sin x for |x| ≤ π/4. */
export function sin64(x: f64): f64 {
  const z = x * x;
  const p = 0.00833333333332249 + z * (-0.0001984126982985795 + z * (0.0000027557313707070068
    + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x + x * z * (-0.16666666666666632 + z * p);
}

/** cos x for |x| ≤ π/4. */
export function cos64(x: f64): f64 {
  const z = x * x;
  const p = 0.0416666666666666 + z * (-0.001388888888887411 + z * (0.00002480158728947673
    + z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11))));
  return 1 - 0.5 * z + z * z * p;
}

/** (e^r − 1) for |r| ≤ ½ ln 2, by its series: |error| < 1e-14. */
function seriesMinusOne(r: f64): f64 {
  let p: f64 = 2.08767569878681e-9;
  p = p * r + 2.505210838544172e-8;
  p = p * r + 2.755731922398589e-7;
  p = p * r + 2.7557319223985893e-6;
  p = p * r + 0.0000248015873015873;
  p = p * r + 0.0001984126984126984;
  p = p * r + 0.001388888888888889;
  p = p * r + 0.008333333333333333;
  p = p * r + 0.041666666666666664;
  p = p * r + 0.16666666666666666;
  p = p * r + 0.5;
  return p * r * r + r;
}

/** 2^n for −1022 ≤ n ≤ 1023. */
// @ts-ignore: decorator
@inline
function powerOfTwo64(n: f64): f64 {
  return reinterpret<f64>((<i64>n + 1023) << 52);
}

/** e^x − 1; x is not NaN. Beyond [−110, 90] as at its ends, where f32 has long gone to −1 and Infinity. */
export function expMinusOne64(x: f64): f64 {
  const c = max<f64>(min<f64>(x, 90), -110);
  const n = nearest<f64>(c * 1.4426950408889634);
  const q = seriesMinusOne(c - n * 0.6931471803691238 - n * 1.9082149292705877e-10);
  const scale = powerOfTwo64(n);
  return scale * q + (scale - 1);
}

/** e^x; x is not NaN. Beyond [−110, 90] as at its ends, where f32 has long gone to 0 and Infinity. */
export function exp64(x: f64): f64 {
  const c = max<f64>(min<f64>(x, 90), -110);
  const n = nearest<f64>(c * 1.4426950408889634);
  const q = seriesMinusOne(c - n * 0.6931471803691238 - n * 1.9082149292705877e-10);
  return powerOfTwo64(n) * (1 + q);
}
