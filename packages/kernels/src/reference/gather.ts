/** Naive twins: batches out of a dataset. */
import type { Kernels } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

export function gatherTwins(views: Views): Pick<Kernels, 'gatherRows' | 'gatherImages'> {
  /** The dataset's number of the batch's sample s. */
  const sampleNumber = (indicesRef: number, s: number): number =>
    views.i32[word(views.i32[word(indicesRef)]! >>> 0) + s]!;
  return {
    gatherRows(src, indicesRef, s0, samples, sampleBytes, out) {
      for (let s = 0; s < samples; s++) {
        const from = src + sampleNumber(indicesRef, s0 + s) * sampleBytes;
        views.u8.copyWithin(out + s * sampleBytes, from, from + sampleBytes);
      }
    },
    gatherImages(src, indicesRef, s0, samples, channels, pixels, scaleShift, channelsLast, out) {
      const { f32, u8 } = views;
      for (let s = 0; s < samples; s++) {
        const image = src + sampleNumber(indicesRef, s0 + s) * channels * pixels;
        for (let c = 0; c < channels; c++) {
          const [scale, shift] = [f32[word(scaleShift) + c]!, f32[word(scaleShift) + channels + c]!];
          for (let p = 0; p < pixels; p++) {
            const at = channelsLast !== 0 ? p * channels + c : c * pixels + p;
            f32[word(out) + s * channels * pixels + at] = f(u8[image + c * pixels + p]! * scale) + shift;
          }
        }
      }
    },
  };
}
