/** Cases of the gathering of batches. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, flag, size } from './case.ts';

const datasetSamples = 7;

/** A batch of sample numbers behind one more pointer, and the part of it that the call gathers. */
function batch(draw: Draw, arena: Arena): { indicesRef: number; s0: number; samples: number } {
  const [s0, samples] = [draw(() => fc.integer({ min: 0, max: 5 })), draw(() => fc.integer({ min: 0, max: 5 }))];
  return { indicesRef: arena.ints([arena.indices(s0 + samples, datasetSamples)]), s0, samples };
}

const gatherRows: Case = (draw, arena) => {
  const { indicesRef, s0, samples } = batch(draw, arena);
  const sampleBytes = draw(size);
  const src = arena.bytes(datasetSamples * sampleBytes);
  return { args: [src, indicesRef, s0, samples, sampleBytes, arena.space(samples * sampleBytes)] };
};

const gatherImages: Case = (draw, arena) => {
  const { indicesRef, s0, samples } = batch(draw, arena);
  const [channels, pixels] = [draw(() => fc.integer({ min: 1, max: 5 })), draw(size)];
  const src = arena.bytes(datasetSamples * channels * pixels);
  const out = arena.space(4 * samples * channels * pixels);
  return { args: [src, indicesRef, s0, samples, channels, pixels, arena.floats(2 * channels), draw(flag), out] };
};

export const gatherCases = { gatherRows, gatherImages } satisfies Record<string, Case>;
