/** Cases of what plain convolutions by Winograd need beside `winograd` itself. */
import fc from 'fast-check';
import { type Case, few, floatKind, range, size, small } from './case.ts';

const padding = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 3 });

const padImages: Case = (draw, arena) => {
  const [samples, height, width, channels] = [draw(few) % 4, draw(small), draw(small), draw(size)];
  const [top, left] = [draw(padding), draw(padding)];
  const [outHeight, outWidth] = [top + height + draw(padding), left + width + draw(padding)];
  const x = arena.floats(samples * height * width * channels, draw(floatKind));
  const out = arena.space(4 * samples * outHeight * outWidth * channels);
  return { args: [x, out, samples, height, width, channels, top, left, outHeight, outWidth] };
};

const winogradPackTransposed: Case = (draw, arena) => {
  const [inputs, outputs] = [draw(size), draw(() => fc.integer({ min: 1, max: 40 }))];
  const { start, count } = range(draw, outputs);
  const weight = arena.floats(outputs * inputs * 9, draw(floatKind));
  const u = arena.space(Math.ceil(inputs / 16) * outputs * 1024);
  return { args: [weight, u, inputs, outputs, start, count] };
};

export const winogradConvCases = { padImages, winogradPackTransposed } satisfies Record<string, Case>;
