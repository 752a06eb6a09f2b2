/** Naive twins: the gradients of a convolution that is fused with ReLU and 2×2 max pooling. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type PoolConvGradKernels = Pick<Kernels, 'poolConvInputGradient' | 'poolConvWeightGradient'>;

export function poolConvGradTwins(views: Views): PoolConvGradKernels {
  return {
    poolConvInputGradient(
      ...[g, codes, ph, pw, oh, ow, channels, table, taps, w, out, outSampleStride, outRowStride, samples, rows, n]
    ) {
      const { f32, i32, u8 } = views;
      for (let s = 0; s < samples; s++) {
        const dy = new Float32Array(oh * ow * channels);
        for (let i = 0; i < ph * pw * channels; i++) {
          const at = s * ph * pw * channels + i;
          const code = u8[codes + at]!;
          const window = Math.floor(i / channels);
          const y = 2 * Math.floor(window / pw) + (code >> 1);
          const x = 2 * (window % pw) + (code & 1);
          if (code < 4) dy[(y * ow + x) * channels + (i % channels)] = f32[word(g) + at]!;
        }
        for (let r = 0; r < rows; r++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let t = 0; t < taps; t++) {
              const pixel = i32[word(table) + r * taps + t]!;
              if (pixel < 0) continue;
              for (let c = 0; c < channels; c++) {
                const value = dy[pixel * channels + c]!;
                const weight = f32[word(w) + ((j >> 4) * taps * channels + t * channels + c) * 16 + (j & 15)]!;
                if (value !== 0) sum = f(sum + f(value * weight));
              }
            }
            f32[word(out + s * outSampleStride + r * outRowStride) + j] = sum;
          }
        }
      }
    },
    poolConvWeightGradient(
      ...[g, codes, pooledStride, ph, pw, x, xSampleStride, xRowBytes, xPixelBytes, kH, kRow, samples, n, ...rest]
    ) {
      const [chunkSamples, out, outColumnStride, dBias, , continued] = rest;
      const { f32, u8 } = views;
      /** Σ g · factor(first byte of the winning pixel) in chunks of samples. */
      const sum = (l: number, held: Pointer, factor: (pixel: number) => number): number => {
        let [total, chunk] = [continued ? f32[word(held)]! : 0, 0];
        for (let s = 0; s < samples; s++) {
          for (let window = 0; window < ph * pw; window++) {
            const at = (s * ph * pw + window) * pooledStride + l;
            const [code, value] = [u8[codes + at]!, f32[word(g) + at]!];
            if (code >= 4 || value === 0) continue;
            const row = 2 * Math.floor(window / pw) + (code >> 1);
            const column = 2 * (window % pw) + (code & 1);
            chunk = f(chunk + f(value * factor(x + s * xSampleStride + row * xRowBytes + column * xPixelBytes)));
          }
          if ((s + 1) % chunkSamples === 0 || s === samples - 1) [total, chunk] = [f(total + chunk), 0];
        }
        return total;
      };
      for (let l = 0; l < n; l++) {
        for (let t = 0; t < kH; t++) {
          for (let k = 0; k < kRow; k++) {
            const to = out + l * outColumnStride + 4 * (t * kRow + k);
            f32[word(to)] = sum(l, to, (p) => f32[word(p + t * xRowBytes) + k]!);
          }
        }
        f32[word(dBias) + l] = sum(l, dBias + 4 * l, () => 1);
      }
    },
  };
}
