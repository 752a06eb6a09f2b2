/** Naive twins: convolutions fused with bias, ReLU and 2×2 max pooling. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type ConvPoolKernels = Pick<Kernels, 'convPool' | 'winogradPack' | 'winogradPool' | 'winograd'>;

/** Where tiles of two begin: 0, 2, 4, …, the last one early enough to fit. */
const tileStarts = (length: number): number[] =>
  Array.from({ length: Math.ceil(length / 2) }, (_, i) => Math.min(2 * i, length - 2));

/** A value at row i, column j of a small matrix. */
export type Matrix = (i: number, j: number) => number;

/** The four numbers that G g, Bᵀ d or Aᵀ m make of a column (two for A). */
export const weightTransform = (a: number, b: number, c: number): number[] => {
  const [outer, inner] = [f(0.5 * f(a + c)), f(0.5 * b)];
  return [a, f(outer + inner), f(outer - inner), c];
};
const inputTransform = (a: number, b: number, c: number, d: number): number[] => [
  f(a - c),
  f(b + c),
  f(c - b),
  f(b - d),
];
const outputTransform = (a: number, b: number, c: number, d: number): number[] => [f(f(a + b) + c), f(f(b - c) - d)];

/** Transforms the columns of a `size` × `size` matrix, then the rows of what came out; the result is row-major. */
export function bothWays(
  transform: (...column: [number, number, number, number]) => number[],
  size: number,
  m: Matrix,
): number[] {
  const indices = Array.from({ length: size }, (_, i) => i);
  const columns = indices.map((j) => transform(...(indices.map((i) => m(i, j)) as [number, number, number, number])));
  return columns[0]!.flatMap((_, i) => transform(...(columns.map((c) => c[i]!) as [number, number, number, number])));
}

export function convPoolTwins(views: Views): ConvPoolKernels {
  /** Bias, ReLU and pooling of a window's four values, written at element `at`. */
  const pool = (values: readonly number[], to: { out: Pointer; codes: Pointer; at: number; bias: number }): void => {
    const [first, ...others] = values.map((v) => f(v + to.bias));
    let [largest, code] = [first!, 0];
    others.forEach((v, i) => {
      if (v > largest) [largest, code] = [v, i + 1];
    });
    views.f32[word(to.out) + to.at] = Math.max(largest, 0);
    views.u8[to.codes + to.at] = largest > 0 ? code : 4;
  };

  /** The four convolution values of the tile whose first input pixel is at `pixel`, as a function of the column. */
  const winogradTile = (tile: { pixel: Pointer; xRowBytes: number; channels: number; u: Pointer }) => {
    const { pixel, xRowBytes, channels, u } = tile;
    const { f32 } = views;
    const transformed = Array.from({ length: channels }, (_, c) =>
      bothWays(inputTransform, 4, (y, k) => f32[word(pixel + y * xRowBytes) + k * channels + c]!),
    );
    return (j: number): number[] => {
      const products = Array.from({ length: 16 }, (_, position) =>
        transformed.reduce((sum, v, c) => {
          const weight = f32[word(u) + (((j >> 4) * 16 + position) * channels + c) * 16 + (j & 15)]!;
          return f(sum + f(v[position]! * weight));
        }, 0),
      );
      return bothWays(outputTransform, 4, (y, k) => products[4 * y + k]!);
    };
  };

  return {
    convPool(...[x, xSampleStride, xRowBytes, xPixelBytes, kH, kRow, w, bias, out, codes, samples, ph, pw, n]) {
      const { f32 } = views;
      const conv = (pixel: Pointer, j: number): number => {
        let sum = 0;
        for (let t = 0; t < kH; t++) {
          for (let k = 0; k < kRow; k++) {
            const weight = f32[word(w) + ((j >> 4) * kH * kRow + t * kRow + k) * 16 + (j & 15)]!;
            sum = f(sum + f(f32[word(pixel + t * xRowBytes) + k]! * weight));
          }
        }
        return sum;
      };
      for (let i = 0; i < samples * ph * pw; i++) {
        const [s, py, px] = [Math.floor(i / (ph * pw)), Math.floor(i / pw) % ph, i % pw];
        const pixel = x + s * xSampleStride + 2 * py * xRowBytes + 2 * px * xPixelBytes;
        for (let j = 0; j < n; j++) {
          const starts = [pixel, pixel + xPixelBytes, pixel + xRowBytes, pixel + xRowBytes + xPixelBytes];
          const values = starts.map((start) => conv(start, j));
          pool(values, { out, codes, at: i * n + j, bias: bias === 0 ? 0 : f32[word(bias) + j]! });
        }
      }
    },
    winogradPack(weight, u, channels, n) {
      const { f32 } = views;
      for (let j = 0; j < Math.ceil(n / 16) * 16; j++) {
        for (let c = 0; c < channels; c++) {
          const g: Matrix = (i, k) => (j < n ? f32[word(weight) + (j * channels + c) * 9 + i * 3 + k]! : 0);
          bothWays(weightTransform, 3, g).forEach((value, position) => {
            f32[word(u) + (((j >> 4) * 16 + position) * channels + c) * 16 + (j & 15)] = value;
          });
        }
      }
    },
    winogradPool(...[x, xSampleStride, xRowBytes, channels, u, bias, out, codes, samples, ph, pw, n]) {
      for (let i = 0; i < samples * ph * pw; i++) {
        const [s, py, px] = [Math.floor(i / (ph * pw)), Math.floor(i / pw) % ph, i % pw];
        const pixel = x + s * xSampleStride + 2 * py * xRowBytes + 2 * px * channels * 4;
        const values = winogradTile({ pixel, xRowBytes, channels, u });
        for (let j = 0; j < n; j++) {
          pool(values(j), { out, codes, at: i * n + j, bias: bias === 0 ? 0 : views.f32[word(bias) + j]! });
        }
      }
    },
    winograd(...[x, xSampleStride, xRowBytes, channels, u, bias, out, outSampleStride, outRowBytes, ...rest]) {
      const [samples, oh, ow, n] = rest;
      for (let s = 0; s < samples; s++) {
        for (const top of tileStarts(oh)) {
          for (const left of tileStarts(ow)) {
            const pixel = x + s * xSampleStride + top * xRowBytes + left * channels * 4;
            const values = winogradTile({ pixel, xRowBytes, channels, u });
            for (let j = 0; j < n; j++) {
              values(j).forEach((v, i) => {
                const to = out + s * outSampleStride + (top + (i >> 1)) * outRowBytes + (left + (i & 1)) * n * 4;
                views.f32[word(to) + j] = bias === 0 ? v : f(v + views.f32[word(bias) + j]!);
              });
            }
          }
        }
      }
    },
  };
}
