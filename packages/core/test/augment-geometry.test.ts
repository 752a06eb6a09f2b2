/** Crops, mirror images and affine transforms: what they do to pixels, exactly, and how their numbers are distributed. */
import { randomAffine, randomCrop, randomHorizontalFlip, randomRotation, randomVerticalFlip } from '@lockstep/core';
import { binomialBounds, chiSquare } from '@lockstep/testkit';
import { describe, expect, test } from 'vitest';
import { copies, gathered, split } from './augmented-batch.ts';

/** Every pixel of one image another byte. */
const distinct = (_c: number, y: number, x: number): number => 1 + 17 * y + x;

describe('mirror images', () => {
  const images = copies(3, [3, 5, 17], (c, y, x) => (c * 85 + y * 17 + x) % 256);

  test.each([
    ['horizontal', randomHorizontalFlip({ p: 1 }), (y: number, x: number) => [y, 16 - x]],
    ['vertical', randomVerticalFlip({ p: 1 }), (y: number, x: number) => [4 - y, x]],
  ] as const)('%s: with p = 1 every pixel is the one across', (_name, flip, across) => {
    const [batch] = gathered(images, [flip]);
    for (const sample of split(batch!, images)) {
      sample.forEach((value, i) => {
        const [c, y, x] = [Math.floor(i / 85), Math.floor(i / 17) % 5, i % 17];
        const [fromY, fromX] = across(y, x) as [number, number];
        expect(value).toBe(images.bytes[c * 85 + fromY * 17 + fromX]);
      });
    }
  });

  test('with p = 0 nothing changes, and twice with p = 1 gives the image back', () => {
    const plain = gathered(images, [])[0];
    expect(gathered(images, [randomHorizontalFlip({ p: 0 })])[0]).toEqual(plain);
    expect(gathered(images, [randomHorizontalFlip({ p: 1 }), randomHorizontalFlip({ p: 1 })])[0]).toEqual(plain);
  });

  test('come with probability p, and two flips in one list are independent', () => {
    const many = copies(500, [1, 2, 2], (_c, y, x) => 2 * y + x);
    const both = [randomHorizontalFlip({ p: 0.3 }), randomVerticalFlip({ p: 0.3 })];
    const batches = gathered(many, both, { steps: [...Array(20).keys()] });
    const counts = [0, 0, 0, 0];
    for (const batch of batches) for (const [first] of split(batch, many)) counts[first!]!++;
    const expected = [0.49, 0.21, 0.21, 0.09].map((share) => share * 10_000);
    expect(chiSquare(counts, expected).pValue).toBeGreaterThan(1e-6);
    const { low, high } = binomialBounds(10_000, 0.3, 5);
    expect(counts[1]! + counts[3]!).toBeGreaterThan(low);
    expect(counts[1]! + counts[3]!).toBeLessThan(high);
  });
});

describe('crops', () => {
  test('are the padded image at a place that is uniform over all (2·padding + 1)² places', () => {
    const images = copies(500, [1, 9, 11], distinct);
    const batches = gathered(images, [randomCrop({ padding: [2, 3], fill: 250 })], { steps: [...Array(14).keys()] });
    const counts = new Array<number>(35).fill(0);
    for (const batch of batches) {
      for (const sample of split(batch, images)) {
        const centre = sample[4 * 11 + 5]! - 1;
        const [dy, dx] = [Math.floor(centre / 17) - 4, (centre % 17) - 5];
        counts[(dy + 2) * 7 + dx + 3]!++;
        sample.forEach((value, i) => {
          const [y, x] = [Math.floor(i / 11) + dy, (i % 11) + dx];
          if (value !== (y >= 0 && y < 9 && x >= 0 && x < 11 ? distinct(0, y, x) : 250)) expect.fail(`pixel ${i}`);
        });
      }
    }
    const { low, high } = binomialBounds(7000, 1 / 35, 5);
    for (const count of counts) {
      expect(count).toBeGreaterThan(low);
      expect(count).toBeLessThan(high);
    }
    expect(chiSquare(counts).pValue).toBeGreaterThan(1e-6);
  });

  test("reflected: rows and columns beyond the edge are PyTorch's pad(mode='reflect')", () => {
    const images = copies(500, [1, 4, 5], distinct);
    const mirrored = (i: number, size: number): number => (i < 0 ? -i : i < size ? i : 2 * size - 2 - i);
    const [batch] = gathered(images, [randomCrop({ padding: 2, paddingMode: 'reflect' })]);
    const seen = new Set<string>();
    for (const sample of split(batch!, images)) {
      const places = [-2, -1, 0, 1, 2].flatMap((dy) => [-2, -1, 0, 1, 2].map((dx) => [dy, dx] as const));
      const place = places.find(([dy, dx]) =>
        sample.every((value, i) => {
          const [y, x] = [mirrored(Math.floor(i / 5) + dy, 4), mirrored((i % 5) + dx, 5)];
          return value === distinct(0, y, x);
        }),
      );
      expect(place).toBeDefined();
      seen.add(String(place));
    }
    expect(seen.size).toBe(25);
  });

  test('fill: a byte for each channel, or the one nearest to the mean', () => {
    const images = copies(60, [2, 1, 1], () => 9);
    const scale = [1 / 255, 1 / 255];
    const shift = [-100.4 / 255, -7 / 255];
    const values = (fill: 'mean' | readonly number[]) => {
      const [batch] = gathered(images, [randomCrop({ padding: [1, 0], fill })], { scale, shift });
      const samples = split(batch!, images);
      return new Set(samples.map((sample) => sample.map((v, c) => Math.round((v - shift[c]!) * 255)).join(' ')));
    };
    expect(values('mean')).toEqual(new Set(['9 9', '100 7']));
    expect(values([3, 200])).toEqual(new Set(['9 9', '3 200']));
  });
});

describe('affine transforms', () => {
  const square = copies(4, [2, 5, 5], (c, y, x) => 50 * c + 5 * y + x + 1);

  test('that change nothing change nothing', () => {
    expect(gathered(square, [randomAffine({})])[0]).toEqual(gathered(square, [])[0]);
  });

  test('rotation by a quarter turn is exact: torch.rot90 to the right for +90°', () => {
    for (const [degrees, from] of [
      [90, (y: number, x: number) => [4 - x, y]],
      [-90, (y: number, x: number) => [x, 4 - y]],
      [180, (y: number, x: number) => [4 - y, 4 - x]],
    ] as const) {
      const [batch] = gathered(square, [randomRotation([degrees, degrees])]);
      for (const sample of split(batch!, square)) {
        sample.forEach((value, i) => {
          const [c, y, x] = [Math.floor(i / 25), Math.floor(i / 5) % 5, i % 5];
          const [fromY, fromX] = from(y, x) as [number, number];
          expect(value).toBe(50 * c + 5 * fromY + fromX + 1);
        });
      }
    }
  });

  test('translations are whole pixels, uniform, and fill what comes from outside', () => {
    const images = copies(300, [1, 9, 9], distinct);
    const [batch] = gathered(images, [randomAffine({ translate: [1 / 3, 0], fill: 200 })]);
    const counts = new Array<number>(7).fill(0);
    for (const sample of split(batch!, images)) {
      const dx = 4 - ((sample[4 * 9 + 4]! - 1) % 17);
      counts[dx + 3]!++;
      sample.forEach((value, i) => {
        const [y, x] = [Math.floor(i / 9), (i % 9) - dx];
        expect(value).toBe(x >= 0 && x < 9 ? distinct(0, y, x) : 200);
      });
    }
    // Rounded from ±3 pixels: the outermost shifts are half as frequent.
    const expected = [0.5, 1, 1, 1, 1, 1, 0.5].map((share) => (share * 300) / 6);
    expect(chiSquare(counts, expected).pValue).toBeGreaterThan(1e-6);
  });

  test("any other is torchvision's inverse matrix and bilinear sampling, to the rounding of a byte", () => {
    const images = copies(1, [1, 28, 31], (_c, y, x) => Math.round(127 + 120 * Math.sin(0.4 * y) * Math.cos(0.3 * x)));
    const shape = { x: [20, 20], y: [-15, -15] } as const;
    const list = [randomAffine({ degrees: [33, 33], scale: [1.3, 1.3], shear: shape, fill: 10 })];
    const [batch] = gathered(images, list);
    const angle = (degrees: number) => (degrees * Math.PI) / 180;
    const [rotation, sx, sy, scale] = [angle(33), angle(20), angle(-15), 1.3];
    const a = Math.cos(rotation - sy) / Math.cos(sy);
    const b = (-Math.cos(rotation - sy) * Math.tan(sx)) / Math.cos(sy) - Math.sin(rotation);
    const c = Math.sin(rotation - sy) / Math.cos(sy);
    const d = (-Math.sin(rotation - sy) * Math.tan(sx)) / Math.cos(sy) + Math.cos(rotation);
    const at = (y: number, x: number) => (y >= 0 && y < 28 && x >= 0 && x < 31 ? images.bytes[y * 31 + x]! : 10);
    let exact = 0;
    batch!.forEach((value, i) => {
      const [y, x] = [Math.floor(i / 31) - 13.5, (i % 31) - 15];
      const [fromX, fromY] = [(d * x - b * y) / scale + 15, (a * y - c * x) / scale + 13.5];
      const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
      const [fx, fy] = [fromX - x0, fromY - y0];
      const upper = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx;
      const lower = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx;
      const want = Math.floor(upper * (1 - fy) + lower * fy + 0.5);
      expect(Math.abs(value - want)).toBeLessThanOrEqual(1);
      if (value === want) exact++;
    });
    expect(exact).toBeGreaterThan(0.995 * 28 * 31);
  });

  test('angles are uniform over their interval', () => {
    // The place of one bright pixel tells the angle: eight sectors.
    const images = copies(800, [1, 41, 41], (_c, y, x) => (y === 20 && x === 38 ? 255 : 0));
    const [batch] = gathered(images, [randomRotation(180)]);
    const sectors = new Array<number>(8).fill(0);
    for (const sample of split(batch!, images)) {
      const brightest = sample.indexOf(Math.max(...sample));
      const angle = Math.atan2(20 - Math.floor(brightest / 41), (brightest % 41) - 20) + 0.03;
      sectors[Math.floor(((angle + 2 * Math.PI) % (2 * Math.PI)) / (Math.PI / 4))]!++;
    }
    expect(chiSquare(sectors).pValue).toBeGreaterThan(1e-6);
  });
});
