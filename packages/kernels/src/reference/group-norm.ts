/** Naive twins: normalisation of groups of channels within each sample, channels-last. Sums are f64. */
import { f32FromBits } from '../load.ts';
import type { Kernels } from '../signatures.ts';
import { batchNormGradTwins, batchNormTwins } from './batch-norm.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type GroupNormKernels = Pick<Kernels, 'groupNormStatistics' | 'groupNorm' | 'groupNormGradSums' | 'groupNormGrad'>;

export function groupNormTwins(views: Views): GroupNormKernels {
  const { batchNorm } = batchNormTwins(views);
  const { batchNormGradSums } = batchNormGradTwins(views);
  const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  return {
    groupNormStatistics(moments, samples, rows, n, groups, eps, out) {
      const width = n / groups;
      for (let s = 0; s < samples; s++) {
        const row = 2 * s * n;
        for (let first = 0; first < n; first += width) {
          const channels = range(first, width);
          const means = channels.map((c) => views.f32[word(moments) + row + c]!);
          const mean = means.reduce((sum, value) => sum + value, 0) / width;
          const inside = channels.reduce((sum, c) => sum + views.f32[word(moments) + row + n + c]!, 0);
          const between = means.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
          const variance = (inside + rows * between) / (rows * width);
          for (const c of channels) {
            views.f32[word(out) + row + c] = mean;
            views.f32[word(out) + row + n + c] = 1 / Math.sqrt(variance + f32FromBits(eps));
          }
        }
      }
    },
    groupNorm(x, statistics, gamma, beta, out, samples, rows, n, tmp) {
      for (let s = 0; s < samples; s++) {
        const [image, row] = [4 * s * rows * n, 8 * s * n];
        batchNorm(x + image, statistics + row, gamma, beta, out + image, rows, n, 0, tmp);
      }
    },
    groupNormGradSums(dy, x, statistics, samples, rows, n, out) {
      for (let s = 0; s < samples; s++) {
        const [image, row] = [4 * s * rows * n, 8 * s * n];
        batchNormGradSums(dy + image, x + image, 0, statistics + row, 1, rows, n, out + row);
      }
    },
    groupNormGrad(dy, x, statistics, gamma, sums, dx, samples, rows, n, groups) {
      const { f32 } = views;
      const width = n / groups;
      const weighted = (at: number, first: number): number =>
        range(first, width).reduce((sum, c) => sum + f32[word(gamma) + c]! * f32[at + c]!, 0) / (rows * width);
      for (let s = 0; s < samples; s++) {
        for (let i = 0; i < rows * n; i++) {
          const c = i % n;
          const first = c - (c % width);
          const [mean, invstd] = [f32[word(statistics) + 2 * s * n + c]!, f32[word(statistics) + (2 * s + 1) * n + c]!];
          const a = weighted(word(sums) + 2 * s * n, first);
          const b = weighted(word(sums) + (2 * s + 1) * n, first);
          const at = s * rows * n + i;
          const scaled = f(f32[word(dy) + at]! * f(invstd * f32[word(gamma) + c]!));
          f32[word(dx) + at] = f(f(scaled - f(invstd * a)) - f(f(f32[word(x) + at]! - mean) * f(invstd * invstd * b)));
        }
      }
    },
  };
}
