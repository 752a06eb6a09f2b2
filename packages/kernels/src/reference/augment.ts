/** Naive twins: augmentation of byte images, where pixels move. */
import { f32FromBits } from '../load.ts';
import type { Kernels, Pointer } from '../signatures.ts';
import { cos64, sin64 } from './math64.ts';
import { type Views, word } from './views.ts';

const f = Math.fround;

type MovingKernels = Pick<Kernels, 'cropImages' | 'flipImages' | 'affineMatrices' | 'affineImages'>;

/** A whole number in [0, count) from a deviate. */
export function wholeNumber(deviate: number, count: number): number {
  return Math.min(Math.trunc(f(deviate * count)), count - 1);
}

export interface ImageShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export function imageShape(views: Views, spec: Pointer): ImageShape {
  const [channels = 0, height = 0, width = 0] = views.i32.subarray(word(spec), word(spec) + 3);
  return { channels, height, width };
}

/** Writes every byte of the samples' images: `value(s, c, y, x)`, the first argument the sample. */
function eachByte(
  views: Views,
  out: Pointer,
  of: ImageShape & { samples: number },
  value: (s: number, c: number, y: number, x: number) => number,
): void {
  let at = out;
  for (let s = 0; s < of.samples; s++)
    for (let c = 0; c < of.channels; c++)
      for (let y = 0; y < of.height; y++) for (let x = 0; x < of.width; x++) views.u8[at++] = value(s, c, y, x);
}

function mirrored(i: number, size: number): number {
  if (i < 0) return -i;
  return i < size ? i : 2 * (size - 1) - i;
}

function nearestEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

function sinTurns(turns: number, shift: number): number {
  const quarter = nearestEven(4 * turns);
  const angle = (turns - 0.25 * quarter) * 6.283185307179586;
  const q = (quarter + shift) & 3;
  const value = q % 2 === 1 ? cos64(angle) : sin64(angle);
  return q > 1 ? -value : value;
}

export function augmentTwins(views: Views): MovingKernels {
  const byteAt = (image: Pointer, { height, width }: ImageShape, c: number, y: number, x: number): number =>
    views.u8[image + (c * height + y) * width + x]!;
  const bytesOf = ({ channels, height, width }: ImageShape): number => channels * height * width;
  return {
    cropImages(x, out, samples, spec, draws, fill) {
      const shape = imageShape(views, spec);
      const [padY = 0, padX = 0, reflect] = views.i32.subarray(word(spec) + 3, word(spec) + 6);
      eachByte(views, out, { ...shape, samples }, (s, c, row, column) => {
        const fromY = row + wholeNumber(views.f32[word(draws) + 2 * s]!, 2 * padY + 1) - padY;
        const fromX = column + wholeNumber(views.f32[word(draws) + 2 * s + 1]!, 2 * padX + 1) - padX;
        const image = x + s * bytesOf(shape);
        if (reflect) return byteAt(image, shape, c, mirrored(fromY, shape.height), mirrored(fromX, shape.width));
        const inside = fromY >= 0 && fromY < shape.height && fromX >= 0 && fromX < shape.width;
        return inside ? byteAt(image, shape, c, fromY, fromX) : views.u8[fill + c]!;
      });
    },
    flipImages(x, out, samples, spec, draws, p, vertical) {
      const shape = imageShape(views, spec);
      const { height, width } = shape;
      eachByte(views, out, { ...shape, samples }, (s, c, row, column) => {
        const flipped = views.f32[word(draws) + s]! < f32FromBits(p);
        const fromY = flipped && vertical !== 0 ? height - 1 - row : row;
        const fromX = flipped && vertical === 0 ? width - 1 - column : column;
        return byteAt(x + s * bytesOf(shape), shape, c, fromY, fromX);
      });
    },
    affineMatrices(draws, out, samples, spec) {
      const { f32 } = views;
      for (let s = 0; s < samples; s++) {
        const drawn = (k: number): number => {
          const [low = 0, high = 0] = f32.subarray(word(spec) + 2 * k, word(spec) + 2 * k + 2);
          return low + (high - low) * f32[word(draws) + 6 * s + k]!;
        };
        const [rotation, scale, shearX, shearY] = [drawn(0), drawn(3), drawn(4), drawn(5)];
        const [dx, dy] = [nearestEven(drawn(1)), nearestEven(drawn(2))];
        const cosY = sinTurns(shearY, 1);
        const tanX = sinTurns(shearX, 0) / sinTurns(shearX, 1);
        const a = sinTurns(rotation - shearY, 1) / cosY;
        const c = sinTurns(rotation - shearY, 0) / cosY;
        const b = -(a * tanX) - sinTurns(rotation, 0);
        const d = sinTurns(rotation, 1) - c * tanX;
        const m = [d / scale, -b / scale, -c / scale, a / scale] as const;
        const rows = [m[0], m[1], -(m[0] * dx) - m[1] * dy, m[2], m[3], -(m[2] * dx) - m[3] * dy];
        f32.set(rows, word(out) + 6 * s);
      }
    },
    affineImages(x, out, samples, spec, matrices, fill) {
      const shape = imageShape(views, spec);
      const { height, width } = shape;
      const [centreX, centreY] = [f((width - 1) * 0.5), f((height - 1) * 0.5)];
      eachByte(views, out, { ...shape, samples }, (s, c, row, column) => {
        const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0] = views.f32.subarray(word(matrices) + 6 * s);
        const [dx, dy] = [f(column - centreX), f(row - centreY)];
        const fromX = f(f(f(f(m0 * dx) + f(m1 * dy)) + m2) + centreX);
        const fromY = f(f(f(f(m3 * dx) + f(m4 * dy)) + m5) + centreY);
        const outside = views.u8[fill + c]!;
        if (!(fromX > -1 && fromX < width && fromY > -1 && fromY < height)) return outside;
        const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
        const [fx, fy] = [f(fromX - x0), f(fromY - y0)];
        const [gx, gy] = [f(1 - fx), f(1 - fy)];
        const pixel = (py: number, px: number): number =>
          py >= 0 && py < height && px >= 0 && px < width ? byteAt(x + s * bytesOf(shape), shape, c, py, px) : outside;
        const upper = f(f(pixel(y0, x0) * gx) + f(pixel(y0, x0 + 1) * fx));
        const lower = f(f(pixel(y0 + 1, x0) * gx) + f(pixel(y0 + 1, x0 + 1) * fx));
        return Math.trunc(f(f(f(upper * gy) + f(lower * fy)) + 0.5));
      });
    },
  };
}
