/** Naive twins: moves of memory, strided blocks and layouts. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

type MemoryKernels = Pick<
  Kernels,
  'fill' | 'copy' | 'gatherStrided' | 'scatterStrided' | 'toChannelsLast' | 'toChannelsFirst'
>;

export function memoryTwins(views: Views): MemoryKernels {
  /** Byte offset of row-major element i of the block described by `spec`. */
  const stridedOffset = (spec: Pointer, i: number, elementBytes: number): number => {
    const [rank = 0, ...rest] = views.i32.subarray(word(spec), word(spec) + 1 + 2 * views.i32[word(spec)]!);
    let offset = 0;
    for (let d = rank - 1, index = i; d >= 0; d--) {
      offset += (index % rest[d]!) * rest[rank + d]!;
      index = Math.floor(index / rest[d]!);
    }
    return offset * elementBytes;
  };
  const copyBytes = (from: Pointer, to: Pointer, bytes: number): void => {
    views.u8.copyWithin(to, from, from + bytes);
  };
  return {
    fill(out, n, value) {
      for (let i = 0; i < n; i++) views.i32[word(out) + i] = value;
    },
    copy: copyBytes,
    gatherStrided(src, out, spec, start, count, elementBytes) {
      for (let i = start; i < start + count; i++) {
        const from = src + stridedOffset(spec, i, elementBytes);
        copyBytes(from, out + (i - start) * elementBytes, elementBytes);
      }
    },
    scatterStrided(src, out, spec, start, count, elementBytes) {
      for (let i = start; i < start + count; i++) {
        const to = out + stridedOffset(spec, i, elementBytes);
        copyBytes(src + (i - start) * elementBytes, to, elementBytes);
      }
    },
    toChannelsLast(x, out, samples, channels, pixels) {
      const { f32 } = views;
      for (let s = 0; s < samples; s++) {
        for (let c = 0; c < channels; c++) {
          for (let p = 0; p < pixels; p++) {
            f32[word(out) + (s * pixels + p) * channels + c] = f32[word(x) + (s * channels + c) * pixels + p]!;
          }
        }
      }
    },
    toChannelsFirst(x, out, samples, channels, pixels) {
      const { f32 } = views;
      for (let s = 0; s < samples; s++) {
        for (let c = 0; c < channels; c++) {
          for (let p = 0; p < pixels; p++) {
            f32[word(out) + (s * channels + c) * pixels + p] = f32[word(x) + (s * pixels + p) * channels + c]!;
          }
        }
      }
    },
  };
}
