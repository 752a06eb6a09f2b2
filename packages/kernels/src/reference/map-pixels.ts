/** Naive twins: sparse linear maps and maxima over pixels, channels-last. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { indexOfMax } from './reduce.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function mapPixelsTwins(views: Views): Pick<Kernels, 'mapPixels' | 'maxPixels'> {
  /** The numbers of the entries of output pixel r. */
  const entriesOf = (starts: Pointer, r: number): number[] => {
    const [first, end] = [views.i32[word(starts) + r]!, views.i32[word(starts) + r + 1]!];
    return Array.from({ length: end - first }, (_, i) => first + i);
  };
  return {
    mapPixels(x, xSampleStride, starts, offsets, weights, out, samples, rows, channels, fill) {
      const { f32, i32 } = views;
      for (let i = 0; i < samples * rows * channels; i++) {
        const [c, r, s] = [i % channels, Math.floor(i / channels) % rows, Math.floor(i / channels / rows)];
        const products = entriesOf(starts, r).map((t) => {
          const from = x + s * xSampleStride + i32[word(offsets) + t]!;
          return f(f32[word(from) + c]! * f32[word(weights) + t]!);
        });
        f32[word(out) + i] = products.length > 0 ? products.reduce((sum, p) => f(sum + p)) : f32FromBits(fill);
      }
    },
    maxPixels(x, xSampleStride, starts, pixels, out, index, samples, rows, channels) {
      const { f32, i32 } = views;
      for (let i = 0; i < samples * rows * channels; i++) {
        const [c, r, s] = [i % channels, Math.floor(i / channels) % rows, Math.floor(i / channels / rows)];
        const numbers = entriesOf(starts, r).map((t) => i32[word(pixels) + t]!);
        const values = numbers.map((pixel) => f32[word(x + s * xSampleStride) + pixel * channels + c]!);
        const best = indexOfMax(values);
        f32[word(out) + i] = values[best] ?? Number.NEGATIVE_INFINITY;
        i32[word(index) + i] = numbers[best] ?? -1;
      }
    },
  };
}
