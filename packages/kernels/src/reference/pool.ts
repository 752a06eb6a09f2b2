/** Naive twins: pooling, channels-last. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type PoolKernels = Pick<Kernels, 'maxPool' | 'maxPoolGrad' | 'avgPool' | 'avgPoolGrad'>;

/**
 * One window: where its output lies, the pixels inside the image (kh, then kw ascending) and what a mean divides by.
 */
interface Window {
  readonly out: number;
  readonly pixels: readonly number[];
  readonly count: number;
}

export function poolTwins(views: Views): PoolKernels {
  const windows = (geometry: Pointer, includePad: number) => {
    const words = views.i32.slice(word(geometry), word(geometry) + 13);
    const [H, W, C, OH, OW, kH, kW, sH, sW, pH, pW, dH, dW] = words as unknown as number[] & { length: 13 };
    const all: Window[] = [];
    for (let o = 0; o < OH! * OW!; o++) {
      const pixels: number[] = [];
      let count = 0;
      for (let kh = 0; kh < kH!; kh++) {
        for (let kw = 0; kw < kW!; kw++) {
          const h = Math.floor(o / OW!) * sH! - pH! + kh * dH!;
          const w = (o % OW!) * sW! - pW! + kw * dW!;
          const inside = h >= 0 && h < H! && w >= 0 && w < W!;
          const insidePadded = h < H! + pH! && w < W! + pW!;
          if (inside) pixels.push(h * W! + w);
          if (inside || (includePad !== 0 && insidePadded)) count++;
        }
      }
      all.push({ out: o, pixels, count });
    }
    return { all, C: C!, inputFloats: H! * W! * C!, outputFloats: OH! * OW! * C! };
  };

  /**
   * Calls `visit` for every sample, window and channel with the first float of the sample and the position of the
   * output.
   */
  const forEach = (
    { geometry, samples, includePad }: { geometry: Pointer; samples: number; includePad: number },
    visit: (window: Window, at: { x: number; out: number; C: number }) => void,
  ): void => {
    const { all, C, inputFloats, outputFloats } = windows(geometry, includePad);
    for (let s = 0; s < samples; s++) {
      for (const window of all) {
        for (let c = 0; c < C; c++) {
          visit(window, { x: s * inputFloats + c, out: s * outputFloats + window.out * C + c, C });
        }
      }
    }
  };

  const clear = (dx: Pointer, geometry: Pointer, samples: number): void => {
    views.f32.fill(0, word(dx), word(dx) + samples * windows(geometry, 0).inputFloats);
  };

  return {
    maxPool(x, out, index, geometry, samples) {
      const { f32, i32 } = views;
      forEach({ geometry, samples, includePad: 0 }, ({ pixels }, at) => {
        let best = Number.NEGATIVE_INFINITY;
        let position = -1;
        for (const pixel of pixels) {
          const v = f32[word(x) + at.x + pixel * at.C]!;
          if (position < 0 || v > best || (Number.isNaN(v) && !Number.isNaN(best))) [best, position] = [v, pixel];
        }
        f32[word(out) + at.out] = best;
        i32[word(index) + at.out] = position;
      });
    },
    maxPoolGrad(dy, index, dx, geometry, samples) {
      const { f32, i32 } = views;
      clear(dx, geometry, samples);
      forEach({ geometry, samples, includePad: 0 }, (_, at) => {
        const pixel = i32[word(index) + at.out]!;
        if (pixel < 0) return;
        const to = word(dx) + at.x + pixel * at.C;
        f32[to] = f(f32[to]! + f32[word(dy) + at.out]!);
      });
    },
    avgPool(x, out, geometry, samples, includePad, divisor) {
      const { f32 } = views;
      forEach({ geometry, samples, includePad }, ({ pixels, count }, at) => {
        let sum = 0;
        for (const pixel of pixels) sum = f(sum + f32[word(x) + at.x + pixel * at.C]!);
        f32[word(out) + at.out] = f(sum / (divisor || count));
      });
    },
    avgPoolGrad(dy, dx, geometry, samples, includePad, divisor) {
      const { f32 } = views;
      clear(dx, geometry, samples);
      forEach({ geometry, samples, includePad }, ({ pixels, count }, at) => {
        const share = f(f32[word(dy) + at.out]! / (divisor || count));
        for (const pixel of pixels) {
          const to = word(dx) + at.x + pixel * at.C;
          f32[to] = f(f32[to]! + share);
        }
      });
    },
  };
}
