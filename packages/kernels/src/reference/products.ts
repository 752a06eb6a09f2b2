/** Naive twins: packing and products. A product is rounded, then added, in the one order that the contract states. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type ProductKernels = Pick<Kernels, 'packPanels' | 'unpackPanel' | 'gemmRows' | 'convRows' | 'outerRows'>;

export function productTwins(views: Views): ProductKernels {
  /** w[k][j] of panels of 16 columns that are k long. */
  const panelWeight = (w: Pointer, length: number, k: number, j: number): number =>
    views.f32[word(w) + ((j >> 4) * length + k) * 16 + (j & 15)]!;
  const withBias = (sum: number, bias: Pointer, j: number): number =>
    bias === 0 ? sum : f(sum + views.f32[word(bias) + j]!);

  return {
    packPanels(src, out, k1, k1Stride, k2, k2Stride, n, nStride, outK1Stride, outPanelStride) {
      const { i32 } = views;
      for (let j = 0; j < Math.ceil(n / 16) * 16; j++) {
        for (let i1 = 0; i1 < k1; i1++) {
          for (let i2 = 0; i2 < k2; i2++) {
            const to = out + (j >> 4) * outPanelStride + i1 * outK1Stride + i2 * 64 + 4 * (j & 15);
            i32[word(to)] = j < n ? i32[word(src + i1 * k1Stride + i2 * k2Stride + j * nStride)]! : 0;
          }
        }
      }
    },
    unpackPanel(src, out, k1, k1Stride, k2, k2Stride, n, nStride) {
      const { i32 } = views;
      for (let i1 = 0; i1 < k1; i1++) {
        for (let i2 = 0; i2 < k2; i2++) {
          for (let l = 0; l < n; l++) {
            const to = out + i1 * k1Stride + i2 * k2Stride + l * nStride;
            i32[word(to)] = i32[word(src) + (i1 * k2 + i2) * 16 + l]!;
          }
        }
      }
    },
    gemmRows(x, xRowStride, w, bias, out, outRowStride, rows, k, n) {
      for (let r = 0; r < rows; r++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let i = 0; i < k; i++) {
            sum = f(sum + f(views.f32[word(x + r * xRowStride) + i]! * panelWeight(w, k, i, j)));
          }
          views.f32[word(out + r * outRowStride) + j] = withBias(sum, bias, j);
        }
      }
    },
    convRows(
      ...[x, xSampleStride, table, taps, k, w, bias, out, outSampleStride, outRowStride, samples, rows, n, zeros]
    ) {
      const { f32, i32 } = views;
      for (let s = 0; s < samples; s++) {
        for (let r = 0; r < rows; r++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let t = 0; t < taps; t++) {
              const offset = i32[word(table) + r * taps + t]!;
              const from = word(offset < 0 ? zeros : x + s * xSampleStride + offset);
              for (let i = 0; i < k; i++) sum = f(sum + f(f32[from + i]! * panelWeight(w, taps * k, t * k + i, j)));
            }
            f32[word(out + s * outSampleStride + r * outRowStride) + j] = withBias(sum, bias, j);
          }
        }
      }
    },
    outerRows(
      ...[
        x,
        xSampleStride,
        table,
        taps,
        k,
        dy,
        dySampleStride,
        dyRowStride,
        samples,
        rows,
        n,
        chunkSamples,
        out,
        continued,
      ]
    ) {
      const { f32, i32 } = views;
      const element = (t: number, i: number, l: number): number => {
        let total = continued ? f32[word(out) + (t * k + i) * 16 + l]! : 0;
        for (let s0 = 0; s0 < samples; s0 += chunkSamples) {
          let sum = 0;
          for (let s = s0; s < Math.min(samples, s0 + chunkSamples); s++) {
            for (let r = 0; r < rows; r++) {
              const offset = i32[word(table) + r * taps + t]!;
              if (offset < 0) continue;
              const a = f32[word(x + s * xSampleStride + offset) + i]!;
              sum = f(sum + f(a * f32[word(dy + s * dySampleStride + r * dyRowStride) + l]!));
            }
          }
          total = f(total + sum);
        }
        return total;
      };
      for (let t = 0; t < taps; t++) {
        for (let i = 0; i < k; i++) {
          for (let l = 0; l < n; l++) f32[word(out) + (t * k + i) * 16 + l] = element(t, i, l);
        }
      }
    },
  };
}
