/** Sine and cosine in f64 from sums and products alone: `Math.sin` does not promise the same bits in every engine. */

/** π/2 in two parts; the first has 33 bits, so that its products with whole numbers below 2²⁰ are exact. */
const [quarterHigh, quarterLow] = [1.5707963267341256, 6.077100506506192e-11];

/** [sin x, cos x] to about 1e-11 for 0 ≤ x < 10⁶, with fdlibm's polynomials. */
export function sinCos(x: number): readonly [sin: number, cos: number] {
  const quarters = Math.floor(x / (quarterHigh + quarterLow) + 0.5);
  const r = x - quarters * quarterHigh - quarters * quarterLow;
  const z = r * r;
  const sin =
    r +
    r *
      z *
      (-0.16666666666666632 +
        z *
          (0.00833333333332249 +
            z * (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * -2.5050760253406863e-8))));
  const cos =
    1 -
    0.5 * z +
    z *
      z *
      (0.0416666666666666 + z * (-0.001388888888887411 + z * (2.480158728947673e-5 + z * -2.7557314351390663e-7)));
  const turned = [
    [sin, cos],
    [cos, -sin],
    [-sin, -cos],
    [-cos, sin],
  ] as const;
  return turned[(quarters % 4) as 0 | 1 | 2 | 3];
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
