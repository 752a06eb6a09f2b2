/** Cases of kernels that follow tables: maps between pixels (with pixels that have no entries) and embeddings (with wrong indices). */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, size } from './case.ts';

/** Up to four entries of each output pixel, among `pixels` input pixels. */
function entries(draw: Draw, arena: Arena) {
  const [pixels, rows] = [draw(() => fc.integer({ min: 1, max: 9 })), draw(few)];
  const counts = Array.from({ length: rows }, () => draw(() => fc.integer({ min: 0, max: 4 })));
  const starts = [0];
  for (const [i, count] of counts.entries()) starts.push(starts[i]! + count);
  return { pixels, rows, starts: arena.ints(starts), total: starts[rows]! };
}

const channelCount = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 19 });
const sampleCount = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 3 });

const mapPixels: Case = (draw, arena) => {
  const { pixels, rows, starts, total } = entries(draw, arena);
  const [samples, channels] = [draw(sampleCount), draw(channelCount)];
  const x = arena.floats(samples * pixels * channels, draw(floatKind));
  const offsets = arena.indices(total, pixels);
  for (let t = 0; t < total; t++) arena.i32[offsets / 4 + t]! *= 4 * channels;
  const weights = arena.floats(total);
  const [out, fill] = [arena.space(4 * samples * rows * channels), f32Bits(-0.25)];
  return { args: [x, 4 * pixels * channels, starts, offsets, weights, out, samples, rows, channels, fill] };
};

const maxPixels: Case = (draw, arena) => {
  const { pixels, rows, starts, total } = entries(draw, arena);
  const [samples, channels] = [draw(sampleCount), draw(channelCount)];
  const x = arena.floats(samples * pixels * channels, draw(floatKind));
  const numbers = arena.indices(total, pixels);
  const bytes = 4 * samples * rows * channels;
  const [out, index] = [arena.space(bytes), arena.space(bytes)];
  return { args: [x, 4 * pixels * channels, starts, numbers, out, index, samples, rows, channels] };
};

const embedding: Case = (draw, arena) => {
  const [rows, count, dim] = [draw(few), draw(size), draw(size)];
  const weight = arena.floats(rows * dim, draw(floatKind));
  const indices = arena.indices(count, rows + 2);
  for (let i = 0; i < count; i++) arena.i32[indices / 4 + i]! -= 1;
  return { args: [weight, indices, arena.space(4 * count * dim), count, dim, rows] };
};

const embeddingGrad: Case = (draw, arena) => {
  const [rows, first, count, dim] = [draw(few), draw(few), draw(size), draw(size)];
  const dy = arena.floats(count * dim, draw(floatKind));
  const indices = arena.indices(count, first + rows + 2);
  const out = arena.floats(rows * dim);
  const skipped = draw(() => fc.integer({ min: -1, max: 9 }));
  return { args: [dy, indices, out, count, dim, first, rows, skipped, draw(flag)] };
};

export const tableCases = { mapPixels, maxPixels, embedding, embeddingGrad } satisfies Record<string, Case>;
