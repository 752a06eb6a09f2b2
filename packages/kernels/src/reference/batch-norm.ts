/** Naive twins: batch normalisation on channels-last rows. Sums are f64; everything else is rounded to f32 once an operation. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type ForwardKernels = Pick<Kernels, 'batchNormMoments' | 'batchNormStatistics' | 'batchNorm' | 'batchNormRunning'>;

export function batchNormTwins(views: Views): ForwardKernels {
  const column = (at: Pointer, count: number, stride: number): number[] =>
    Array.from({ length: count }, (_, i) => views.f32[word(at) + i * stride]!);
  return {
    batchNormMoments(x, samples, rows, n, out) {
      for (let s = 0; s < samples; s++) {
        for (let c = 0; c < n; c++) {
          const values = column(x + 4 * (s * rows * n + c), rows, n);
          let [sum, squares] = [0, 0];
          for (const value of values) {
            const d = value - values[0]!;
            sum += d;
            squares += d * d;
          }
          views.f32[word(out) + 2 * s * n + c] = values[0]! + sum / rows;
          views.f32[word(out) + (2 * s + 1) * n + c] = Math.max(squares - sum * (sum / rows), 0);
        }
      }
    },
    batchNormStatistics(moments, samples, rows, n, first, count, eps, out) {
      for (let c = first; c < first + count; c++) {
        const means = column(moments + 4 * c, samples, 2 * n);
        const mean = means.reduce((sum, m) => sum + m, 0) / samples;
        const inside = column(moments + 4 * (n + c), samples, 2 * n).reduce((sum, m2) => sum + m2, 0);
        const between = means.reduce((sum, m) => sum + (m - mean) * (m - mean), 0);
        const squares = inside + rows * between;
        const values = samples * rows;
        views.f32[word(out) + c] = mean;
        views.f32[word(out) + n + c] = 1 / Math.sqrt(squares / values + f32FromBits(eps));
        views.f32[word(out) + 2 * n + c] = squares / Math.max(1, values - 1);
      }
    },
    batchNorm(x, statistics, gamma, beta, out, rows, n, relu) {
      const { f32 } = views;
      for (let i = 0; i < rows * n; i++) {
        const c = i % n;
        const scale = f(f32[word(statistics) + n + c]! * f32[word(gamma) + c]!);
        const scaled = f(f(f32[word(x) + i]! - f32[word(statistics) + c]!) * scale);
        const y = f(scaled + f32[word(beta) + c]!);
        f32[word(out) + i] = relu ? Math.max(y, 0) : y;
      }
    },
    batchNormRunning(statistics, mean, variance, counter, n, momentumBits, cumulative) {
      const { f32, i32 } = views;
      const batches = ++i32[word(counter)]!;
      const momentum = cumulative ? 1 / batches : f32FromBits(momentumBits);
      const blend = (at: number, fresh: number): void => {
        f32[at] = momentum * fresh + (1 - momentum) * f32[at]!;
      };
      for (let c = 0; c < n; c++) {
        blend(word(mean) + c, f32[word(statistics) + c]!);
        blend(word(variance) + c, f32[word(statistics) + 2 * n + c]!);
      }
    },
  };
}

export function batchNormGradTwins(views: Views): Pick<Kernels, 'batchNormGradSums' | 'batchNormGrad'> {
  /** dy where y > 0 (or there is no y), else +0. */
  const passed = (dy: Pointer, y: Pointer, i: number): number =>
    y === 0 || views.f32[word(y) + i]! > 0 ? views.f32[word(dy) + i]! : 0;
  return {
    batchNormGradSums(dy, x, y, statistics, samples, rows, n, out) {
      const { f32 } = views;
      for (let s = 0; s < samples; s++) {
        for (let c = 0; c < n; c++) {
          const [mean, invstd] = [f32[word(statistics) + c]!, f32[word(statistics) + n + c]!];
          let [sum, products] = [0, 0]; // f64
          for (let r = 0; r < rows; r++) {
            const i = (s * rows + r) * n + c;
            const g = passed(dy, y, i);
            sum += g;
            products += f(g * f(f32[word(x) + i]! - mean));
          }
          f32[word(out) + 2 * s * n + c] = sum;
          f32[word(out) + (2 * s + 1) * n + c] = products * invstd;
        }
      }
    },
    batchNormGrad(dy, x, y, statistics, gamma, sums, dx, rows, n, count) {
      const { f32 } = views;
      for (let i = 0; i < rows * n; i++) {
        const c = i % n;
        const [mean, invstd] = [f32[word(statistics) + c]!, f32[word(statistics) + n + c]!];
        let g = passed(dy, y, i);
        if (sums !== 0) {
          const meanOfDy = f(f32[word(sums) + c]! / count);
          const slope = f((f32[word(sums) + n + c]! * invstd) / count);
          g = f(f(g - meanOfDy) - f(f(f32[word(x) + i]! - mean) * slope));
        }
        f32[word(dx) + i] = f(g * f(invstd * f32[word(gamma) + c]!));
      }
    },
  };
}
