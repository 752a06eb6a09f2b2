/** Naive twins of the products that skip zeros: the sums of products.ts with every zero factor left out of the sum. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type SparseKernels = Pick<Kernels, 'gemmRowsSparse' | 'convRowsSparse' | 'outerRowsSparse'>;

export function sparseTwins(views: Views): SparseKernels {
  const float = (at: Pointer, i: number): number => views.f32[word(at) + i]!;
  const int = (at: Pointer, i: number): number => views.i32[word(at) + i]!;
  /** sum + a · b, unless a is zero. */
  const plus = (sum: number, a: number, b: number): number => (a === 0 ? sum : f(sum + f(a * b)));
  /** w[k][j] of panels of 16 columns that are `length` long. */
  const weight = (w: Pointer, length: number, k: number, j: number): number =>
    float(w, ((j >> 4) * length + k) * 16 + (j & 15));
  const withBias = (sum: number, bias: Pointer, j: number): number => (bias === 0 ? sum : f(sum + float(bias, j)));

  return {
    gemmRowsSparse(x, xRowStride, w, bias, out, outRowStride, rows, k, n) {
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let i = 0; i < k; i++) sum = plus(sum, float(x + r * xRowStride, i), weight(w, k, i, j));
          views.f32[word(out + r * outRowStride) + j] = withBias(sum, bias, j);
        }
      }
    },
    convRowsSparse(x, xSampleStride, _, table, taps, k, w, bias, out, outSampleStride, outRowStride, samples, rows, n) {
      const element = (sample: Pointer, r: number, j: number): number => {
        let sum = 0;
        for (let t = 0; t < taps; t++) {
          const row = int(table, r * taps + t);
          if (row < 0) continue;
          for (let i = 0; i < k; i++) sum = plus(sum, float(sample, row * k + i), weight(w, taps * k, t * k + i, j));
        }
        return withBias(sum, bias, j);
      };
      for (let s = 0; s < samples; s++) {
        for (let r = 0; r < rows; r++) {
          const to = word(out + s * outSampleStride + r * outRowStride);
          for (let j = 0; j < n; j++) views.f32[to + j] = element(x + s * xSampleStride, r, j);
        }
      }
    },
    outerRowsSparse(
      ...[x, xSampleStride, rowOffsets, tapOffsets, taps, k, dy, dySampleStride, dyRowStride, samples, rows, n, ...rest]
    ) {
      const [chunkSamples, out, outColumnStride, , continued] = rest;
      const element = (t: number, i: number, l: number): number => {
        let total = continued ? float(out + l * outColumnStride, t * k + i) : 0;
        for (let s0 = 0; s0 < samples; s0 += chunkSamples) {
          let sum = 0;
          for (let s = s0; s < Math.min(samples, s0 + chunkSamples); s++) {
            for (let r = 0; r < rows; r++) {
              const from = x + s * xSampleStride + int(rowOffsets, r) + int(tapOffsets, t);
              sum = plus(sum, float(dy + s * dySampleStride + r * dyRowStride, l), float(from, i));
            }
          }
          total = f(total + sum);
        }
        return total;
      };
      for (let l = 0; l < n; l++) {
        for (let t = 0; t < taps; t++) {
          for (let i = 0; i < k; i++) views.f32[word(out + l * outColumnStride) + t * k + i] = element(t, i, l);
        }
      }
    },
  };
}
