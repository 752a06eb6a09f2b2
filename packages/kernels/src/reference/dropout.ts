/** Naive twins: dropout by groups and multiplicative Gaussian noise. */
import { f32Bits, f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { type Block, philoxBlock } from './random.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

/** Σ coefficients[i]·xⁱ by Horner's rule, rounded after every operation. */
function polynomial(x: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, c) => f(f(sum * x) + f(c)));
}

/** −2 ln(1 + f)/f on [√½ − 1, √2 − 1]. */
const logarithm = [
  -1.9999998807907104, 1.0000072717666626, -0.6667011976242065, 0.4993981719017029, -0.39800330996513367,
  0.34501659870147705, -0.32445162534713745, 0.2021378791728015,
];
/** sin(½πa)/a and cos(½πa) as polynomials in a², |a| ≤ ½. */
const sine = [1.5707963705062866, -0.6459634900093079, 0.07968003302812576, -0.00460165785625577];
const cosine = [1, -1.2336980104446411, 0.2536063492298126, -0.020426250994205475];

/** √(−2 ln u), u = (⌊v/2⌋ + ½)·2⁻³¹. */
function radius(v: number): number {
  const bits = f32Bits(f(f(v >>> 1) + 0.5));
  const exponent = (bits - 0x3f3504f3) >> 23;
  const m = f(f32FromBits(bits - (exponent << 23)) - 1);
  return f(Math.sqrt(f(f(polynomial(m, logarithm) * m) + f((31 - exponent) * f(1.3862943649291992)))));
}

/** cos and sin of the turn w·2⁻³²: the nearest whole number of quarter turns is taken off exactly. */
function circle(w: number): [cos: number, sin: number] {
  const turned = (w + 0x20000000) >>> 0;
  const a = f(f((turned & 0x3fffffff) - 0x20000000) * 2 ** -30);
  const s = f(polynomial(f(a * a), sine) * a);
  const c = polynomial(f(a * a), cosine);
  const quarters = [
    [c, s],
    [-s, c],
    [-c, -s],
    [s, -c],
  ] as const;
  const [cos, sin] = quarters[(turned >>> 30) as 0 | 1 | 2 | 3];
  return [cos, sin];
}

export function dropoutTwins(views: Views): Pick<Kernels, 'dropoutGroups' | 'gaussianDropout'> {
  const unsigned = (pointer: Pointer): number => views.i32[word(pointer)]! >>> 0;
  const readKey = (key: Pointer): [number, number] => [unsigned(key), unsigned(key + 4)];
  return {
    dropoutGroups(x, out, rows, shape, row0, key, step, site, rate) {
      const { f32, i32 } = views;
      const [outer, groups, inner, corrected] = i32.subarray(word(shape), word(shape) + 4) as unknown as Block;
      const threshold = unsigned(rate);
      const scale = f32[word(rate) + 1]!;
      const [offset, dropped] = corrected ? [f32[word(rate) + 2]!, f32[word(rate) + 3]!] : [0, 0];
      const outcome = (value: number, kept: boolean): number => {
        if (!kept) return dropped;
        return Object.is(offset, 0) ? f(value * scale) : f(f(value * scale) + offset);
      };
      for (let r = 0; r < rows; r++) {
        for (let e = 0; e < groups; e++) {
          const i = e % 32;
          const counter = 4 * Math.floor(e / 32) + ((i % 8) >> 1);
          const block = philoxBlock([counter, (row0 + r) >>> 0, unsigned(step), site >>> 0], readKey(key));
          const bits = (block[i >> 3]! >>> (16 * (i & 1))) & 0xffff;
          for (let o = 0; o < outer; o++) {
            for (let j = 0; j < inner; j++) {
              const at = ((r * outer + o) * groups + e) * inner + j;
              f32[word(out) + at] = outcome(f32[word(x) + at]!, bits >= threshold);
            }
          }
        }
      }
    },
    gaussianDropout(x, out, rows, n, row0, key, step, site, rate) {
      const { f32 } = views;
      const sigma = f32[word(rate) + 1]!;
      for (let r = 0; r < rows; r++) {
        for (let e = 0; e < n; e++) {
          const i = e % 32;
          const counter = 8 * Math.floor(e / 32) + (i % 8);
          const block = philoxBlock([counter, (row0 + r) >>> 0, unsigned(step), site >>> 0], readKey(key));
          const pair = 2 * (i >> 4);
          const z = f(radius(block[pair]!) * circle(block[pair + 1]!)[(i >> 3) & 1]!);
          const at = r * n + e;
          f32[word(out) + at] = f(f32[word(x) + at]! * f(1 + f(sigma * z)));
        }
      }
    },
  };
}
