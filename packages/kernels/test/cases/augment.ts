/** Cases of the augmentation of images. */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few as fewSamples, flag } from './case.ts';

interface Images {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly samples: number;
  /** Bytes of all images. */
  readonly bytes: number;
  readonly shape: readonly number[];
}

const extent = (): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(1, 2, 15, 16, 17, 28, 32, 33), fc.integer({ min: 1, max: 40 }));

function images(draw: Draw, channelCounts: readonly number[] = [1, 2, 3, 4]): Images {
  const channels = draw(() => fc.constantFrom(...channelCounts));
  const [height, width] = [draw(extent), draw(extent)];
  const samples = Math.min(draw(fewSamples), 4);
  return {
    channels,
    height,
    width,
    samples,
    bytes: samples * channels * height * width,
    shape: [channels, height, width],
  };
}

/** Words of which some are floats. */
function mixedWords(arena: Arena, ints: readonly number[], floats: readonly number[]): number {
  return arena.ints([...ints, ...floats.map(f32Bits)]);
}

/** Deviates as they are drawn: in (0, 1), the ends among them. */
function deviates(draw: Draw, arena: Arena, count: number): number {
  const ends = [2 ** -33, 1 - 2 ** -24, 0.5];
  const values = Array.from({ length: count }, () =>
    draw(() => fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...ends) }, { weight: 4, arbitrary: unit() })),
  );
  return arena.floatValues(values);
}

const unit = (): fc.Arbitrary<number> => fc.integer({ min: 1, max: 2 ** 24 - 1 }).map((word) => word * 2 ** -24);

const cropImages: Case = (draw, arena) => {
  const of = images(draw);
  const reflect = draw(flag);
  const padding = (size: number) => draw(() => fc.integer({ min: 0, max: reflect ? size - 1 : 45 }));
  const spec = arena.ints([...of.shape, padding(of.height), padding(of.width), reflect]);
  const [x, out] = [arena.bytes(of.bytes), arena.space(of.bytes)];
  return { args: [x, out, of.samples, spec, deviates(draw, arena, 2 * of.samples), arena.bytes(of.channels)] };
};

const flipImages: Case = (draw, arena) => {
  const of = images(draw);
  const [x, out, spec] = [arena.bytes(of.bytes), arena.space(of.bytes), arena.ints(of.shape)];
  const p = f32Bits(draw(() => fc.constantFrom(0, 0.5, 1)));
  return { args: [x, out, of.samples, spec, deviates(draw, arena, of.samples), p, draw(flag)] };
};

const bounds = (draw: Draw, least: number, most: number): number[] => {
  const value = () => draw(() => fc.double({ min: least, max: most, noNaN: true }));
  return [value(), value()];
};

const affineMatrices: Case = (draw, arena) => {
  const samples = draw(fewSamples);
  const angles = () => bounds(draw, -0.2, 0.2);
  const spec = arena.floatValues([
    ...bounds(draw, -1, 1),
    ...bounds(draw, -9, 9),
    ...bounds(draw, -9, 9),
    ...bounds(draw, 0.1, 3),
    ...angles(),
    ...angles(),
  ]);
  return { args: [deviates(draw, arena, 6 * samples), arena.space(24 * samples), samples, spec] };
};

const affineImages: Case = (draw, arena) => {
  const of = images(draw);
  const matrices = arena.floats(
    6 * of.samples,
    draw(() => fc.constantFrom('ordinary', 'special')),
  );
  const [x, out, spec] = [arena.bytes(of.bytes), arena.space(of.bytes), arena.ints(of.shape)];
  return { args: [x, out, of.samples, spec, matrices, arena.bytes(of.channels)] };
};

const jitterImages: Case = (draw, arena) => {
  const of = images(draw, [1, 3]);
  const factors = [0, 1, 2].flatMap(() => draw(() => fc.constantFrom([1, 1], [0.5, 1.5], [0, 4])));
  const spec = mixedWords(arena, of.shape, factors);
  return { args: [arena.bytes(of.bytes), of.samples, spec, deviates(draw, arena, 4 * of.samples)] };
};

const cutoutImages: Case = (draw, arena) => {
  const of = images(draw);
  const size = draw(() => fc.integer({ min: 1, max: 50 }));
  const spec = mixedWords(arena, [...of.shape, size], [draw(() => fc.constantFrom(0.5, 1))]);
  const x = arena.bytes(of.bytes);
  return { args: [x, of.samples, spec, deviates(draw, arena, 3 * of.samples), arena.bytes(of.channels)] };
};

const eraseImages: Case = (draw, arena) => {
  const of = images(draw);
  const tries = draw(() => fc.integer({ min: 1, max: 4 }));
  const spec = mixedWords(arena, [...of.shape, tries], [draw(() => fc.constantFrom(0.5, 1)), 0.02, 0.6, -1.2, 1.2]);
  const x = arena.bytes(of.bytes);
  const drawn = deviates(draw, arena, (1 + 4 * tries) * of.samples);
  return { args: [x, of.samples, spec, drawn, arena.bytes(of.channels)] };
};

const pasteBoxes: Case = (draw, arena) => {
  const of = images(draw);
  const interval = (size: number) => [
    draw(() => fc.integer({ min: 0, max: size })),
    draw(() => fc.integer({ min: 0, max: size })),
  ];
  const box = arena.ints([...interval(of.height), ...interval(of.width)]);
  return { args: [arena.bytes(of.bytes), arena.bytes(of.bytes), of.samples, arena.ints(of.shape), box] };
};

const mixRows: Case = (draw, arena) => {
  const [samples, n] = [draw(fewSamples), draw(extent)];
  const weights = draw(() => fc.constantFrom([1, 0], [0.25, 0.75], [0, 1]));
  const rows = () => arena.floats(samples * n, 'special');
  return { args: [rows(), rows(), samples, n, arena.floatValues(weights)] };
};

export const augmentCases = {
  cropImages,
  flipImages,
  affineMatrices,
  affineImages,
  jitterImages,
  cutoutImages,
  eraseImages,
  pasteBoxes,
  mixRows,
} satisfies Record<string, Case>;
