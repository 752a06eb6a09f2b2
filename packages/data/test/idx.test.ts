import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { allocateShared, gunzip, idxDataset, isGzip, mnist, parseIdxHeader } from '../src/index.ts';
import { dataError, idx, twoImages, twoLabels } from './fixtures.ts';

const facts = { name: 'tiny', classes: ['a', 'b'], mean: [0.5], std: [0.25] };
const dataset = (images: Uint8Array, labels: Uint8Array, limit?: number) =>
  idxDataset({ images, labels, facts, allocate: allocateShared, ...(limit !== undefined && { limit }) });

test('two images of 2 × 2 are read with their labels onto shared memory', () => {
  const { images, labels, count, shape, classes, mean } = dataset(twoImages, twoLabels);
  expect([...images]).toEqual([0, 1, 2, 3, 252, 253, 254, 255]);
  expect([...labels]).toEqual([1, 0]);
  expect(count).toBe(2);
  expect(shape).toEqual([1, 2, 2]);
  expect(classes).toEqual(['a', 'b']);
  expect(mean).toEqual([0.5]);
  expect(images.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(labels.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test('a limit takes the first images and allocates no more', () => {
  const sizes: number[] = [];
  const allocate = (bytes: number) => {
    sizes.push(bytes);
    return allocateShared(bytes);
  };
  const { images, labels } = idxDataset({ images: twoImages, labels: twoLabels, facts, allocate, limit: 1 });
  expect([...images]).toEqual([0, 1, 2, 3]);
  expect([...labels]).toEqual([1]);
  expect(sizes).toEqual([4, 4]);
});

test('a limit that is no whole number from 1 is a RangeError', () => {
  expect(() => dataset(twoImages, twoLabels, 0)).toThrow(
    new RangeError('limit: expected a whole number from 1, got 0.'),
  );
  expect(() => dataset(twoImages, twoLabels, 1.5)).toThrow(RangeError);
});

test('a header gives sizes, its own length and the length of the data', () => {
  expect(parseIdxHeader(idx([60_000, 28, 28], []), { where: 'x' })).toEqual({
    dims: [60_000, 28, 28],
    headerBytes: 16,
    dataBytes: 47_040_000,
  });
  expect(mnist.counts.train).toBe(60_000);
});

test('colour images are [N, C, H, W]', () => {
  expect(dataset(idx([1, 3, 1, 2], [1, 2, 3, 4, 5, 6]), idx([1], [0])).shape).toEqual([3, 1, 2]);
});

test.each([
  [
    'a truncated images file',
    twoImages.subarray(0, 20),
    twoLabels,
    'images: expected 24 bytes, got 20 bytes. The file is cut short: fetch it again.',
  ],
  [
    'an images file with more than it says',
    Uint8Array.from([...twoImages, 9]),
    twoLabels,
    'images: expected 24 bytes, got 25 bytes. The file is longer than its header says: fetch it again.',
  ],
  [
    'an empty file',
    new Uint8Array(),
    twoLabels,
    'images: expected an IDX file, which begins 00 00 08, got an empty file. Check that this is the right file, unpacked.',
  ],
  [
    'a file cut inside its header',
    twoImages.subarray(0, 10),
    twoLabels,
    'images: expected 16 bytes, got 10 bytes. The file is cut short: fetch it again.',
  ],
  [
    'a file of another format',
    Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d]),
    twoLabels,
    'images: expected an IDX file, which begins 00 00 08, got 89 50 4e 47. Check that this is the right file, unpacked.',
  ],
  [
    'an IDX file of floats',
    idx([1], [0, 0, 0, 0], 13),
    twoLabels,
    'images: expected unsigned bytes (IDX type 0x08), got 32-bit floats (IDX type 0x0d). Scale the values to 0…255 and write them as unsigned bytes, or give them to arrayDataset.',
  ],
  [
    'labels in the place of images',
    twoLabels,
    twoLabels,
    'images: expected images [N, H, W] or [N, C, H, W], got sizes [2]. Check that this is the images file and not the labels file.',
  ],
  [
    'fewer labels than images',
    twoImages,
    idx([1], [0]),
    'labels: expected labels [2], one an image, got sizes [1]. Check that the images and labels files belong together.',
  ],
  [
    'a label that is no class',
    twoImages,
    idx([2], [0, 2]),
    'labels: expected labels that are whole numbers from 0 to 1, got 2 at index 1. Correct that label, or check that the file belongs to this dataset.',
  ],
])('%s is one clear line', async (_, images, labels, message) => {
  expect((await dataError(() => dataset(images, labels))).message).toBe(message);
});

test('gzip is recognised and unpacked', async () => {
  const packed = Uint8Array.from(gzipSync(twoImages));
  expect([isGzip(packed), isGzip(twoImages)]).toEqual([true, false]);
  expect(await gunzip(new Blob([packed]), { where: 'x.gz' })).toEqual(twoImages);
});

test('a truncated or corrupt gzip file is one clear line', async () => {
  const packed = Uint8Array.from(gzipSync(twoImages));
  const cut = await dataError(() => gunzip(new Blob([packed.subarray(0, 20)]), { where: 'x.gz' }));
  expect(cut.where).toBe('x.gz');
  expect(cut.expected).toBe('a whole gzip file');
  expect(cut.got).toMatch(/^20 bytes that stop unpacking after \d+ \(/);
  const changed = Uint8Array.from(packed);
  changed[packed.length - 6]! ^= 1;
  const corrupt = await dataError(() => gunzip(new Blob([changed]), { where: 'x.gz' }));
  expect(corrupt.message).toMatch(/^x\.gz: expected a whole gzip file, got .* Fetch the file again\.$/);
});
