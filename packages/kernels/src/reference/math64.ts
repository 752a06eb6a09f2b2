/**
 * ln, sin and cos in f64 for `normal`: fdlibm's polynomials (e_log.c, k_sin.c, k_cos.c), the same operations as
 * `assembly/normal.ts`.
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
