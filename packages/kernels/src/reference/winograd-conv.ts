/** Naive twins: what plain convolutions by Winograd need beside `winograd` itself. */
import type { Kernels } from '../signatures.ts';
import { bothWays, type Matrix, weightTransform } from './conv-pool.ts';
import { type Views, word } from './views.ts';

type WinogradConvKernels = Pick<Kernels, 'padImages' | 'winogradPackTransposed'>;

export function winogradConvTwins(views: Views): WinogradConvKernels {
  return {
    padImages(...[x, out, samples, height, width, channels, padTop, padLeft, outHeight, outWidth]) {
      for (let i = 0; i < samples * outHeight * outWidth * channels; i++) {
        const pixel = Math.floor(i / channels);
        const [s, row] = [Math.floor(pixel / (outHeight * outWidth)), Math.floor(pixel / outWidth) % outHeight];
        const [y, left] = [row - padTop, (pixel % outWidth) - padLeft];
        const inside = y >= 0 && y < height && left >= 0 && left < width;
        const from = ((s * height + y) * width + left) * channels + (i % channels);
        views.i32[word(out) + i] = inside ? views.i32[word(x) + from]! : 0;
      }
    },
    winogradPackTransposed(weight, u, inputs, outputs, first, count) {
      const { f32 } = views;
      for (let o = first; o < first + count; o++) {
        for (let i = 0; i < Math.ceil(inputs / 16) * 16; i++) {
          const g: Matrix = (y, x) =>
            i < inputs ? f32[word(weight) + (o * inputs + i) * 9 + (2 - y) * 3 + (2 - x)]! : 0;
          bothWays(weightTransform, 3, g).forEach((value, position) => {
            f32[word(u) + (((i >> 4) * 16 + position) * outputs + o) * 16 + (i & 15)] = value;
          });
        }
      }
    },
  };
}
