/** Colour jitter, erasing and mixing: formulas and distributions; on what the numbers depend; what is refused. */
import {
  type Augmentation,
  colorJitter,
  cutmix,
  cutout,
  defaultArena,
  MixTable,
  mixup,
  randomAffine,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
} from '@lockstep/core';
import { mean } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { beta } from '../src/augment/beta.ts';
import { checkAugmentation, checkAugmentations } from '../src/augment/check.ts';
import { ln } from '../src/math/ln.ts';
import { copies, gathered, split } from './augmented-batch.ts';

const colours = copies(2, [3, 4, 6], (c, y, x) => (37 * c + 61 * y + 29 * x) % 256);
const luma = (i: number): number => {
  const [r, g, b] = [0, 1, 2].map((c) => colours.bytes[c * 24 + i]!) as [number, number, number];
  return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
};
const byte = (value: number): number => Math.min(255, Math.max(0, Math.floor(value + 0.5)));

describe('colour jitter', () => {
  const meanLuma = Math.round(mean(Array.from({ length: 24 }, (_, i) => luma(i))));
  test.each([
    ['brightness', colorJitter({ brightness: [1.5, 1.5] }), (v: number) => byte(1.5 * v)],
    ['contrast', colorJitter({ contrast: [0.5, 0.5] }), (v: number) => byte(meanLuma + 0.5 * (v - meanLuma))],
    ['saturation', colorJitter({ saturation: [2, 2] }), (v: number, i: number) => byte(luma(i) + 2 * (v - luma(i)))],
    ['no colour', colorJitter({ saturation: [0, 0] }), (_v: number, i: number) => luma(i)],
  ] as const)('%s is a blend with its level', (_name, jitter, formula) => {
    const [batch] = gathered(colours, [jitter]);
    const want = Array.from(colours.bytes.subarray(0, 72), (value, i) => formula(value, i % 24));
    expect(split(batch!, colours)).toEqual([want, want]);
  });

  test('all six orders occur, and factors are spread over their interval', () => {
    const images = copies(600, [3, 1, 1], (c) => [200, 90, 30][c]!);
    const [batch] = gathered(images, [
      colorJitter({ brightness: [1.7, 1.7], contrast: [2, 2], saturation: [0.3, 0.3] }),
    ]);
    // Four of the six orders give different colours here; every one of the results must occur with its share.
    const kinds = new Map<string, number>();
    for (const sample of split(batch!, images)) kinds.set(String(sample), (kinds.get(String(sample)) ?? 0) + 1);
    for (const count of kinds.values()) expect(count).toBeGreaterThan(55);
    expect(kinds.size).toBeGreaterThan(3);
    const grey = copies(2000, [1, 1, 1], () => 100);
    const levels = [...gathered(grey, [colorJitter({ brightness: 0.5 })])[0]!];
    expect(Math.min(...levels)).toBeLessThan(52);
    expect(Math.max(...levels)).toBeGreaterThan(148);
    expect(Math.abs(mean(levels) - 100)).toBeLessThan((5 * 100) / Math.sqrt(12 * 2000));
  });
});

describe('boxes', () => {
  /** Area and extents of what was filled, or undefined. */
  function boxOf(
    sample: readonly number[],
    width: number,
  ): { h: number; w: number; top: number; left: number } | undefined {
    const hit = sample.flatMap((value, i) => (value === 255 ? [i] : []));
    if (hit.length === 0) return undefined;
    const [ys, xs] = [hit.map((i) => Math.floor(i / width)), hit.map((i) => i % width)];
    const [top, left] = [Math.min(...ys), Math.min(...xs)];
    const [h, w] = [Math.max(...ys) - top + 1, Math.max(...xs) - left + 1];
    expect(hit).toHaveLength(h * w);
    return { h, w, top, left };
  }

  test('cutout: a square around a uniform pixel, cut off at the edges', () => {
    const images = copies(1000, [1, 10, 12], () => 1);
    const boxes = split(gathered(images, [cutout({ size: 4, fill: 255 })])[0]!, images).map((s) => boxOf(s, 12)!);
    for (const { h, w } of boxes) expect([h >= 2 && h <= 4, w >= 2 && w <= 4]).toEqual([true, true]);
    const whole = boxes.filter(({ h, w }) => h === 4 && w === 4).length;
    // Centres with 2 pixels before and 2 from it on inside: 7 of 10 and 9 of 12.
    expect(Math.abs(whole - 525)).toBeLessThan(5 * Math.sqrt(1000 * 0.525 * 0.475));
  });

  test('random erasing: share p, areas within scale, ratios within ratio', () => {
    const images = copies(1000, [1, 32, 32], () => 1);
    const erasing = randomErasing({ p: 0.4, scale: [0.1, 0.2], ratio: [0.5, 2], fill: 255 });
    const boxes = split(gathered(images, [erasing])[0]!, images).map((sample) => boxOf(sample, 32));
    const erased = boxes.filter((box) => box !== undefined);
    expect(Math.abs(erased.length - 400)).toBeLessThan(5 * Math.sqrt(1000 * 0.4 * 0.6));
    for (const { h, w } of erased) {
      // Sides are rounded to whole pixels.
      expect((h - 0.5) * (w - 0.5)).toBeLessThan(0.2 * 1024);
      expect((h + 0.5) * (w + 0.5)).toBeGreaterThan(0.1 * 1024);
      expect((h - 0.5) / (w + 0.5)).toBeLessThan(2);
      expect((h + 0.5) / (w - 0.5)).toBeGreaterThan(0.5);
    }
    const tall = erased.filter(({ h, w }) => h > w).length;
    const wide = erased.filter(({ h, w }) => h < w).length;
    expect(Math.abs(tall - wide)).toBeLessThan(5 * Math.sqrt(tall + wide));
  });
});

describe('mixing', () => {
  const arena = defaultArena();
  const block = arena.allocate(4 * MixTable.words);
  const size = [4, 6] as const;
  const table = (list: ConstructorParameters<typeof MixTable>[1]['transforms'], seed = 3) =>
    new MixTable(block.offsetBytes, { transforms: list, seed, size });
  const words = new Uint32Array(arena.memory.buffer, block.offsetBytes, MixTable.words);
  const floats = new Float32Array(arena.memory.buffer, block.offsetBytes, MixTable.words);
  const ints = new Int32Array(arena.memory.buffer, block.offsetBytes, MixTable.words);
  const pair = copies(2, [3, 4, 6], () => 0);
  pair.bytes.set(Array.from({ length: 144 }, (_, i) => (i * 7 + 1) % 251));

  test('mixup: each sample with the one across the batch, by the weights of the step, in f32', () => {
    const mixes = table([mixup({ alpha: 0.4 })]);
    mixes.fill(5, words);
    const [own, other] = [floats[0]!, floats[1]!];
    expect([floats[6], floats[7]]).toEqual([own, other]);
    expect(own).toBeGreaterThan(0);
    const [plain] = gathered(pair, []);
    for (const shards of [1, 2]) {
      const [batch] = gathered(pair, [mixup({ alpha: 0.4 })], { mix: mixes.addresses, shards });
      batch!.forEach((value, i) => {
        const across = plain![(i + 72) % 144]!;
        expect(value).toBe(Math.fround(Math.fround(plain![i]! * own) + Math.fround(across * other)));
      });
    }
  });

  test('CutMix: a box of the partner, and losses weighted by its area', () => {
    const mixes = table([cutmix()]);
    const plain = gathered(pair, [])[0]!;
    let boxes = 0;
    for (let step = 0; step < 20; step++) {
      mixes.fill(step, words);
      const [top, bottom, left, right] = [ints[2]!, ints[3]!, ints[4]!, ints[5]!];
      const batch = gathered(pair, [cutmix()], { mix: mixes.addresses, shards: 2 })[0]!;
      batch.forEach((value, i) => {
        const [y, x] = [Math.floor(i / 6) % 4, i % 6];
        const inside = y >= top && y < bottom && x >= left && x < right;
        expect(value).toBe(inside ? plain[(i + 72) % 144] : plain[i]);
      });
      const area = (bottom - top) * (right - left);
      expect(floats[7]).toBeCloseTo(area / 24, 6);
      expect(floats[6]! + floats[7]!).toBeCloseTo(1, 6);
      boxes += Number(area > 0);
    }
    expect(boxes).toBeGreaterThan(5);
  });

  test.each([0.2, 1, 4])('Beta(%s, same): mean ½, variance 1/(4(2α + 1)), symmetrical, within five sigma', (alpha) => {
    const mixes = table([mixup({ alpha })]);
    const draws = Array.from({ length: 4000 }, (_, step) => {
      mixes.fill(step, words);
      return floats[0]!;
    });
    const variance = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean(draws) - 0.5)).toBeLessThan(5 * Math.sqrt(variance / 4000));
    const spread = draws.map((value) => (value - 0.5) ** 2);
    // The fourth central moment of Beta(α, α) is 3/(16(2α + 1)(2α + 3)).
    const fourth = 3 / (16 * (2 * alpha + 1) * (2 * alpha + 3));
    expect(Math.abs(mean(spread) - variance)).toBeLessThan(5 * Math.sqrt((fourth - variance ** 2) / 4000));
  });

  test('of two, each step takes one, about as often; p is the share of steps that mix', () => {
    const mixes = table([mixup({ alpha: 1, p: 0.5 }), cutmix({ p: 0.5 })]);
    const counts = { mixup: 0, cutmix: 0 };
    for (let step = 0; step < 2000; step++) {
      mixes.fill(step, words);
      if (floats[0]! !== 1) counts.mixup++;
      else if (floats[6] !== 1) counts.cutmix++;
    }
    // A quarter each; boxes of no pixel make CutMix rarer: 1 − λ < (2/4)(2/6) of the area gives none in one direction.
    expect(Math.abs(counts.mixup - 500)).toBeLessThan(5 * Math.sqrt(2000 * 0.25 * 0.75));
    expect(counts.cutmix).toBeGreaterThan(250);
    expect(counts.cutmix).toBeLessThan(500 + 5 * Math.sqrt(2000 * 0.25 * 0.75));
  });

  test('logarithms agree with Math.log, and small alphas give no NaN', () => {
    for (const x of [5e-324, 1e-300, 2 ** -33, 0.1, Math.SQRT1_2, 1, Math.SQRT2, 2, 1e9, 1e300])
      expect(Math.abs(ln(x) - Math.log(x))).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(Math.log(x))));
    let state = 1;
    const deviates = () => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let i = 0; i < 2000; i++) {
      const value = beta(0.001, deviates);
      expect(value >= 0 && value <= 1).toBe(true);
    }
  });
});

describe('what a sample gets', () => {
  const images = copies(13, [3, 8, 8], (c, y, x) => (60 * c + 8 * y + x) % 256);
  const list: readonly Augmentation[] = [
    randomCrop({ padding: 2 }),
    randomHorizontalFlip(),
    randomAffine({ degrees: 20 }),
    colorJitter({ brightness: 0.3, contrast: 0.3, saturation: 0.3 }),
    randomErasing(),
    cutout({ size: 3 }),
  ];

  test('does not depend on the shards', () => {
    const [whole] = gathered(images, list, { steps: [3] });
    for (const shards of [2, 5, 13]) expect(gathered(images, list, { steps: [3], shards })[0]).toEqual(whole);
  });

  test('depends on its place in the batch, on the step and on the seed', () => {
    const [first, second] = gathered(images, list, { steps: [0, 1] });
    expect(first).not.toEqual(second);
    expect(gathered(images, list, { seed: 8 })[0]).not.toEqual(first);
    const samples = split(first!, images).map(String);
    expect(new Set(samples).size).toBe(13);
    // All images are the same, so that another order of them changes nothing: the place counts.
    expect(gathered(images, list, { indices: [...Array(13).keys()].reverse() })[0]).toEqual(first);
  });

  test('does not depend on what comes after it in the list', () => {
    const bright = colorJitter({ brightness: [2, 2] });
    const cropped = gathered(images, [randomCrop({ padding: 2 })])[0]!;
    const both = gathered(images, [randomCrop({ padding: 2 }), bright])[0]!;
    expect([...both]).toEqual([...cropped].map((value) => Math.min(255, 2 * value)));
  });

  test('is the same when the list has been JSON', () => {
    expect(gathered(images, JSON.parse(JSON.stringify(list)) as Augmentation[])).toEqual(gathered(images, list));
  });
});

describe('refused', () => {
  test.each([
    [() => randomCrop({ padding: -1 }), /^randomCrop: padding must be whole numbers of pixels .* got \[-1,-1\]/],
    [() => randomHorizontalFlip({ p: 1.5 }), /^randomHorizontalFlip: p must be a number from 0 to 1, got 1.5/],
    [() => randomAffine({ degrees: [10, -10] }), /^randomAffine: degrees must be \[low, high\]/],
    [() => cutout({ size: 0 }), /^cutout: size must be a whole number/],
    [() => mixup({ alpha: 0 }), /^mixup: alpha must be a number from 0.001/],
    [() => randomErasing({ fill: [1, 300] }), /^randomErasing: fill must be bytes/],
    [
      () => checkAugmentation({ kind: 'randomCrop', fill: 0 } as never),
      /^randomCrop: padding must be .* got undefined/,
    ],
    [() => checkAugmentation({ kind: 'cutout', size: 3 } as never), /^cutout: p must be .* got undefined/],
    [() => checkAugmentation({ ...randomAffine({}), shear: undefined } as never), /shear x must be .* got undefined/],
    [() => checkAugmentation({ kind: 'blur' } as never), /augment: kind must be a known augmentation, got "blur"/],
  ])('%#', (build, message) => {
    expect(build).toThrow(message);
    expect(build).toThrow(RangeError);
  });

  test.each([
    [[randomCrop({ padding: 8, paddingMode: 'reflect' })], /smaller than the image, 8 × 8/],
    [[colorJitter({ saturation: 1 })], /needs images of 3 channels/],
    [[cutout({ size: 3, fill: [1, 2, 3] })], /one byte for all channels or one for each of 1/],
    [[mixup(), mixup()], /mixup: may stand in the list once/],
  ])('for images of a shape: %#', (list, message) => {
    expect(() => checkAugmentations(list, { shape: [1, 8, 8], images: true })).toThrow(message);
  });

  test('transforms of images for rows of numbers; mixup is for both', () => {
    expect(() => checkAugmentations([randomHorizontalFlip()], { shape: [6], images: false })).toThrow(
      /works on images of bytes \[C, H, W\]; these samples are numbers of shape \[6\]/,
    );
    checkAugmentations([mixup()], { shape: [6], images: false });
  });
});
