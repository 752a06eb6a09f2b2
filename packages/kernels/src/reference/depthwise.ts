/** Naive twins: depthwise convolution and the gradient to its weight. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type DepthwiseKernels = Pick<Kernels, 'depthwiseRows' | 'depthwiseOuter'>;

export function depthwiseTwins(views: Views): DepthwiseKernels {
  return {
    depthwiseRows(...[x, xSampleStride, table, taps, w, bias, out, outSampleStride, samples, rows, channels]) {
      const { f32, i32 } = views;
      const value = (s: number, r: number, c: number): number => {
        let sum = 0;
        for (let t = 0; t < taps; t++) {
          const offset = i32[word(table) + r * taps + t]!;
          const from = offset < 0 ? 0 : f32[word(x + s * xSampleStride + offset) + c]!;
          sum = f(sum + f(from * f32[word(w) + ((c >> 4) * taps + t) * 16 + (c & 15)]!));
        }
        return bias === 0 ? sum : f(sum + f32[word(bias) + c]!);
      };
      for (let s = 0; s < samples; s++) {
        for (let i = 0; i < rows * channels; i++) {
          f32[word(out + s * outSampleStride) + i] = value(s, Math.floor(i / channels), i % channels);
        }
      }
    },
    depthwiseOuter(...[x, xSampleStride, table, taps, dy, dySampleStride, dyRowStride, samples, rows, ...rest]) {
      const [n, chunkSamples, out, continued] = rest;
      const { f32, i32 } = views;
      const chunkSum = (s0: number, t: number, l: number): number => {
        let sum = 0;
        for (let s = s0; s < Math.min(samples, s0 + chunkSamples); s++) {
          for (let r = 0; r < rows; r++) {
            const offset = i32[word(table) + r * taps + t]!;
            const d = f32[word(dy + s * dySampleStride + r * dyRowStride) + l]!;
            if (offset >= 0) sum = f(sum + f(f32[word(x + s * xSampleStride + offset) + l]! * d));
          }
        }
        return sum;
      };
      for (let i = 0; i < taps * n; i++) {
        let total = continued ? f32[word(out) + i]! : 0;
        for (let s = 0; s < samples; s += chunkSamples) total = f(total + chunkSum(s, Math.floor(i / n), i % n));
        f32[word(out) + i] = total;
      }
    },
  };
}
