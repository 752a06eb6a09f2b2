/** Naive twins: augmentation of byte images, where pixels change in their places; mixing of images. */
import type { Kernels, Pointer } from '../signatures.ts';
import { type ImageShape, imageShape, wholeNumber } from './augment.ts';
import { exp } from './math.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type ValueKernels = Pick<Kernels, 'jitterImages' | 'cutoutImages' | 'eraseImages' | 'pasteBoxes' | 'mixRows'>;

/** Brightness 0, contrast 1, saturation 2. */
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

function nearestEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

function blend(value: number, level: number, factor: number): number {
  const mixed = f(level + f(factor * (value - level)));
  return Math.trunc(Math.min(Math.max(f(mixed + 0.5), 0), 255));
}

export function augmentValueTwins(views: Views): ValueKernels {
  const luma = (image: Pointer, { channels, height, width }: ImageShape, p: number): number => {
    const [r, g, b] = [0, 1, 2].map((c) => views.u8[image + c * height * width + p]!) as [number, number, number];
    return channels === 3 ? (19595 * r + 38470 * g + 7471 * b + 32768) >> 16 : r;
  };
  const fillBox = (
    image: Pointer,
    shape: ImageShape,
    box: { top: number; left: number; height: number; width: number; fill: Pointer },
  ): void => {
    for (let c = 0; c < shape.channels; c++)
      for (let y = 0; y < shape.height; y++)
        for (let x = 0; x < shape.width; x++) {
          const inside = y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
          if (inside) views.u8[image + (c * shape.height + y) * shape.width + x] = views.u8[box.fill + c]!;
        }
  };
  return {
    jitterImages(x, samples, spec, draws) {
      const shape = imageShape(views, spec);
      const pixels = shape.height * shape.width;
      const bounds = views.f32.slice(word(spec) + 3, word(spec) + 9);
      for (let s = 0; s < samples; s++) {
        const image = x + s * shape.channels * pixels;
        const drawn = views.f32.subarray(word(draws) + 4 * s, word(draws) + 4 * s + 4);
        for (const k of orders[wholeNumber(drawn[0]!, 6)]!) {
          const low = bounds[2 * k]!;
          const factor = f(low + f(f(bounds[2 * k + 1]! - low) * drawn[1 + k]!));
          const greys = Array.from({ length: pixels }, (_, p) => luma(image, shape, p));
          const mean = Math.floor(greys.reduce((sum, grey) => sum + grey, 0) / pixels + 0.5);
          if (factor === 1) continue;
          for (let i = 0; i < shape.channels * pixels; i++) {
            const level = [0, mean, greys[i % pixels]!][k]!;
            views.u8[image + i] = blend(views.u8[image + i]!, level, factor);
          }
        }
      }
    },
    cutoutImages(x, samples, spec, draws, fill) {
      const shape = imageShape(views, spec);
      const { channels, height, width } = shape;
      const size = views.i32[word(spec) + 3]!;
      for (let s = 0; s < samples; s++) {
        const [u0 = 0, u1 = 0, u2 = 0] = views.f32.subarray(word(draws) + 3 * s);
        if (!(u0 < views.f32[word(spec) + 4]!)) continue;
        const top = wholeNumber(u1, height) - Math.floor(size / 2);
        const left = wholeNumber(u2, width) - Math.floor(size / 2);
        fillBox(x + s * channels * height * width, shape, { top, left, height: size, width: size, fill });
      }
    },
    eraseImages(x, samples, spec, draws, fill) {
      const shape = imageShape(views, spec);
      const { channels, height, width } = shape;
      const tries = views.i32[word(spec) + 3]!;
      const [p = 0, areaLow = 0, areaHigh = 0, low = 0, high = 0] = views.f32.slice(word(spec) + 4, word(spec) + 9);
      for (let s = 0; s < samples; s++) {
        const row = word(draws) + s * (1 + 4 * tries);
        if (!(views.f32[row]! < p)) continue;
        for (let t = 0; t < tries; t++) {
          const [u0 = 0, u1 = 0, u2 = 0, u3 = 0] = views.f32.subarray(row + 1 + 4 * t);
          const area = f(height * width * f(areaLow + f(f(areaHigh - areaLow) * u0)));
          const ratio = exp(f(low + f(f(high - low) * u1)));
          const boxHeight = nearestEven(f(Math.sqrt(f(area * ratio))));
          const boxWidth = nearestEven(f(Math.sqrt(f(area / ratio))));
          if (!(boxHeight < height && boxWidth < width)) continue;
          const top = wholeNumber(u2, height - boxHeight + 1);
          const left = wholeNumber(u3, width - boxWidth + 1);
          const image = x + s * channels * height * width;
          fillBox(image, shape, { top, left, height: boxHeight, width: boxWidth, fill });
          break;
        }
      }
    },
    pasteBoxes(x, partners, samples, spec, box) {
      const { channels, height, width } = imageShape(views, spec);
      const [top = 0, bottom = 0, left = 0, right = 0] = views.i32.subarray(word(box), word(box) + 4);
      for (let s = 0; s < samples; s++)
        for (let c = 0; c < channels; c++)
          for (let y = top; y < bottom; y++)
            for (let column = left; column < right; column++) {
              const at = (c * height + y) * width + column;
              const from = partners + (samples - 1 - s) * channels * height * width + at;
              views.u8[x + s * channels * height * width + at] = views.u8[from]!;
            }
    },
    mixRows(x, partners, samples, n, weights) {
      const { f32 } = views;
      const [own, other] = [f32[word(weights)]!, f32[word(weights) + 1]!];
      if (own === 1 && other === 0) return;
      for (let s = 0; s < samples; s++)
        for (let i = 0; i < n; i++) {
          const at = word(x) + s * n + i;
          f32[at] = f(f32[at]! * own) + f(f32[word(partners) + (samples - 1 - s) * n + i]! * other);
        }
    },
  };
}
