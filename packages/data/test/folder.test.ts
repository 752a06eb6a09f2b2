import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { allocateShared } from '../src/index.ts';
import { loadDataset } from '../src/node/index.ts';
import { dataError, folderWith, idx, twoImages, twoLabels } from './fixtures.ts';

const allocate = allocateShared;
const names = { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' };
const testImages = idx([1, 2, 2], [9, 9, 9, 9]);
const idxFiles = {
  [names.images]: twoImages,
  [names.labels]: twoLabels,
  't10k-images-idx3-ubyte': testImages,
  't10k-labels-idx1-ubyte': idx([1], [1]),
};

test('a folder of four IDX files is a dataset', async () => {
  const folder = folderWith(idxFiles);
  const train = await loadDataset(folder, { split: 'train', allocate });
  expect([...train.images]).toEqual([0, 1, 2, 3, 252, 253, 254, 255]);
  expect([...train.labels]).toEqual([1, 0]);
  expect(train).toMatchObject({ count: 2, shape: [1, 2, 2], classes: ['0', '1'], mean: [0.5], std: [0.4941] });
  const other = await loadDataset(folder, { split: 'test', allocate });
  expect([...other.images]).toEqual([9, 9, 9, 9]);
  expect(other.mean).toEqual(train.mean);
});

test('packed files give the same, and a limit reads only the first images', async () => {
  const packed = Object.fromEntries(Object.entries(idxFiles).map(([n, b]) => [`${n}.gz`, gzipSync(b)]));
  const folder = folderWith(packed);
  const whole = await loadDataset(folder, { split: 'train', allocate });
  expect([...whole.images]).toEqual([0, 1, 2, 3, 252, 253, 254, 255]);
  for (const place of [folder, folderWith(idxFiles)]) {
    const first = await loadDataset(place, { split: 'train', allocate, limit: 1 });
    expect([...first.images]).toEqual([0, 1, 2, 3]);
    expect([...first.labels]).toEqual([1]);
    expect(first.mean).toEqual([0.5]);
  }
});

test('a truncated file is named with the bytes expected and got', async () => {
  const folder = folderWith({ ...idxFiles, [names.images]: twoImages.subarray(0, 20) });
  expect((await dataError(() => loadDataset(folder, { split: 'train', allocate }))).message).toBe(
    `${join(folder, names.images)}: expected 24 bytes, got 20 bytes. The file is cut short: fetch it again.`,
  );
});

test.each([
  ['short', twoImages.subarray(0, 20), 'expected 24 bytes, got 20 bytes. The file is cut short: fetch it again.'],
  [
    'long',
    Uint8Array.from([...twoImages, 1, 2]),
    'expected 24 bytes, got 26 bytes. The file is longer than its header says: fetch it again.',
  ],
])('a packed file whose content is too %s is named', async (_, content, end) => {
  const folder = folderWith({ [`${names.images}.gz`]: gzipSync(content), [names.labels]: twoLabels });
  expect((await dataError(() => loadDataset(folder, { split: 'train', allocate }))).message).toBe(
    `${join(folder, names.images)}.gz (unpacked): ${end}`,
  );
});

test('a header that promises more than the file holds allocates nothing', async () => {
  const folder = folderWith({ ...idxFiles, [names.images]: idx([1_000_000, 28, 28], [1, 2, 3]) });
  const error = await dataError(() =>
    loadDataset(folder, { split: 'train', allocate: () => expect.unreachable('allocated') }),
  );
  expect([error.expected, error.got]).toEqual(['784000016 bytes', '19 bytes']);
});

test('a packed file whose header promises more than it can unpack to is refused before it is unpacked', async () => {
  const bomb = gzipSync(idx([2_000_000, 28, 28], [1, 2, 3]));
  const folder = folderWith({ [`${names.images}.gz`]: bomb, [names.labels]: twoLabels });
  const error = await dataError(() => loadDataset(folder, { split: 'train', allocate }));
  expect(error.message).toContain(
    `expected at most the ${1032 * bomb.length} bytes that ${bomb.length} packed ones can hold`,
  );
});

test('a header of more than 2 GiB is refused', async () => {
  const folder = folderWith({ ...idxFiles, [names.images]: idx([4_000_000_000, 28, 28], []) });
  const error = await dataError(() => loadDataset(folder, { split: 'train', allocate }));
  expect([error.expected, error.got]).toEqual(['at most 2147483648 bytes', '3136000000000']);
});

/** One CIFAR row whose pixels all are `value`. */
const row = (label: number, value: number): number[] => [label, ...new Array<number>(3072).fill(value)];
const bytes = (...rows: number[][]): Uint8Array => Uint8Array.from(rows.flat());

test('CIFAR-10 binaries are read in the order of their numbers, up to the limit', async () => {
  const folder = folderWith({
    'data_batch_2.bin': bytes(row(5, 2), row(6, 3)),
    'data_batch_1.bin': bytes(row(9, 1)),
    'data_batch_10.bin': bytes(row(0, 4)),
    'test_batch.bin': bytes(row(3, 7)),
  });
  const train = await loadDataset(folder, { split: 'train', allocate });
  expect([...train.labels]).toEqual([9, 5, 6, 0]);
  expect([0, 1, 2, 3].map((i) => train.images[i * 3072])).toEqual([1, 2, 3, 4]);
  expect(train).toMatchObject({ shape: [3, 32, 32], count: 4 });
  const some = await loadDataset(folder, { split: 'train', allocate, limit: 2 });
  expect([...some.labels]).toEqual([9, 5]);
  expect([...(await loadDataset(folder, { split: 'test', allocate })).labels]).toEqual([3]);
});

test('a CIFAR-10 file of a broken size or with a label above 9 is named', async () => {
  const cut = folderWith({ 'data_batch_1.bin': bytes(row(1, 1), row(1, 1)).subarray(0, 4000) });
  expect((await dataError(() => loadDataset(cut, { split: 'train', allocate }))).message).toBe(
    `${join(cut, 'data_batch_1.bin')}: expected rows of 3073 bytes (a label and 3 × 32 × 32 pixels), got 4000 bytes, which is 1 rows and 927 bytes. Fetch the file again, in its binary version.`,
  );
  const wrong = folderWith({ 'data_batch_1.bin': bytes(row(1, 1), row(77, 1)) });
  expect((await dataError(() => loadDataset(wrong, { split: 'train', allocate }))).got).toBe('77 at index 1');
});

test('a folder without a dataset, and one that is not there, are one clear line', async () => {
  const folder = folderWith({ 'notes.txt': 'hello' });
  expect((await dataError(() => loadDataset(folder, { split: 'train', allocate }))).got).toBe('notes.txt');
  mkdirSync(join(folder, 'empty'));
  expect((await dataError(() => loadDataset(join(folder, 'empty'), { split: 'train', allocate }))).got).toBe(
    'an empty folder',
  );
  const absent = await dataError(() => loadDataset('./no-such-folder', { split: 'train', allocate }));
  expect(absent.message).toMatch(/^\.\/no-such-folder: expected a folder that can be read, got ENOENT/);
});
