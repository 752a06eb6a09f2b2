/** Naive twins: normalisation of rows. Sums over a row are f64, in eight interleaved parts. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

/** Element i in part i mod 8, then the parts in pairs. */
function interleavedSum(values: ArrayLike<number>): number {
  const s = [0, 0, 0, 0, 0, 0, 0, 0] as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < values.length; i++) s[i % 8]! += values[i]!;
  return s[0] + s[4] + (s[2] + s[6]) + (s[1] + s[5] + (s[3] + s[7]));
}

type LayerNormKernels = Pick<Kernels, 'layerNormStatistics' | 'layerNorm' | 'layerNormGrad' | 'layerNormGradWeight'>;

export function layerNormTwins(views: Views): LayerNormKernels {
  const rowOf = (x: Pointer, r: number, n: number): Float32Array =>
    views.f32.slice(word(x) + r * n, word(x) + (r + 1) * n);
  const normalised = (x: Pointer, statistics: Pointer, at: { r: number; n: number }): Float32Array => {
    const [mean, invstd] = [views.f32[word(statistics) + 2 * at.r]!, views.f32[word(statistics) + 2 * at.r + 1]!];
    return rowOf(x, at.r, at.n).map((value) => f(f(value - mean) * invstd));
  };
  return {
    layerNormStatistics(x, rows, n, eps, centred, out) {
      for (let r = 0; r < rows; r++) {
        const row = Float64Array.from(rowOf(x, r, n));
        const mean = centred ? interleavedSum(row) / n : 0;
        const variance = interleavedSum(row.map((value) => (value - mean) * (value - mean))) / n;
        views.f32[word(out) + 2 * r] = mean;
        views.f32[word(out) + 2 * r + 1] = 1 / Math.sqrt(variance + f32FromBits(eps));
      }
    },
    layerNorm(x, statistics, gamma, beta, out, rows, n) {
      for (let r = 0; r < rows; r++) {
        normalised(x, statistics, { r, n }).forEach((value, j) => {
          let y = value;
          if (gamma) y = f(y * views.f32[word(gamma) + j]!);
          if (beta) y = f(y + views.f32[word(beta) + j]!);
          views.f32[word(out) + r * n + j] = y;
        });
      }
    },
    layerNormGrad(dy, x, statistics, gamma, dx, rows, n, centred) {
      for (let r = 0; r < rows; r++) {
        const hat = normalised(x, statistics, { r, n });
        const g = rowOf(dy, r, n).map((value, j) => (gamma ? f(value * views.f32[word(gamma) + j]!) : value));
        const shift = centred ? f(interleavedSum(g) / n) : 0;
        const slope = f(interleavedSum(g.map((value, j) => f(value * hat[j]!))) / n);
        const invstd = views.f32[word(statistics) + 2 * r + 1]!;
        g.forEach((value, j) => {
          views.f32[word(dx) + r * n + j] = f(f(f(value - shift) - f(hat[j]! * slope)) * invstd);
        });
      }
    },
    layerNormGradWeight(dy, x, statistics, rows, n, first, count, out, sums, continued) {
      const kept = new Float64Array(views.f32.buffer, sums, 8 * Math.ceil(count / 4));
      if (!continued) kept.fill(0);
      for (let j = first; j < first + count; j++) {
        const at = 8 * Math.floor((j - first) / 4) + ((j - first) % 4);
        let [sum, products] = [kept[at]!, kept[at + 4]!];
        for (let r = 0; r < rows; r++) {
          const g = views.f32[word(dy) + r * n + j]!;
          sum += g;
          products += f(g * normalised(x, statistics, { r, n })[j]!);
        }
        kept[at] = sum;
        kept[at + 4] = products;
        views.f32[word(out) + j] = sum;
        views.f32[word(out) + n + j] = products;
      }
    },
  };
}
