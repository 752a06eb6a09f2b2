/**
 * ln, exp, sin and cos in f64, the same operations as `assembly/math64.ts`; ln, sin and cos by fdlibm's polynomials (e_log.c, k_sin.c,
 * k_cos.c).
 */

const double = new DataView(new ArrayBuffer(8));

/** ln x for a positive normal f64. */
export function log64(x: number): number {
  double.setFloat64(0, x);
  const bits = double.getBigInt64(0);
  const exponent = (bits - 0x3fe6a09e667f3bcdn) >> 52n;
  double.setBigInt64(0, bits - (exponent << 52n));
  const f = double.getFloat64(0) - 1;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const half = 0.5 * f * f;
  const e = Number(exponent);
  return s * (half + (even + odd)) + e * 1.9082149292705877e-10 - half + f + e * 0.6931471803691238;
}

/** sin x for |x| ≤ π/4. */
export function sin64(x: number): number {
  const z = x * x;
  const p =
    0.00833333333332249 +
    z *
      (-0.0001984126982985795 +
        z * (0.0000027557313707070068 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x + x * z * (-0.16666666666666632 + z * p);
}

/** cos x for |x| ≤ π/4. */
export function cos64(x: number): number {
  const z = x * x;
  const p =
    0.0416666666666666 +
    z *
      (-0.001388888888887411 +
        z *
          (0.00002480158728947673 +
            z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11))));
  return 1 - 0.5 * z + z * z * p;
}

/** (e^r − 1) for |r| ≤ ½ ln 2, by its series. */
function seriesMinusOne(r: number): number {
  let p = 2.08767569878681e-9;
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

/** The nearest whole number, halves to the even one; ±0 keep the sign of x. */
export function nearestEven64(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  const up = rest > 0.5 || (rest === 0.5 && low % 2 !== 0);
  const result = up ? low + 1 : low;
  return result === 0 && (x < 0 || Object.is(x, -0)) ? -0 : result;
}

/** n and e^r − 1 with e^x = 2^n · e^r. */
function split(x: number): { n: number; q: number } {
  const c = Math.max(Math.min(x, 90), -110);
  const n = nearestEven64(c * Math.LOG2E);
  return { n, q: seriesMinusOne(c - n * 0.6931471803691238 - n * 1.9082149292705877e-10) };
}

function powerOfTwo64(n: number): number {
  double.setBigInt64(0, BigInt(n + 1023) << 52n);
  return double.getFloat64(0);
}

/** e^x − 1; x is not NaN. */
export function expMinusOne64(x: number): number {
  const { n, q } = split(x);
  const scale = powerOfTwo64(n);
  return scale * q + (scale - 1);
}

/** e^x; x is not NaN. */
export function exp64(x: number): number {
  const { n, q } = split(x);
  return powerOfTwo64(n) * (1 + q);
}
