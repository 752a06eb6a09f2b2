import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { allocateShared } from '../src/index.ts';
import { loadDataset, loadImageFolder } from '../src/node/index.ts';
import { dataError, folderWith } from './fixtures.ts';

/** A PNG of one colour, but for its first pixel. */
function png(value: number, options: { width?: number; height?: number; channels?: 1 | 2 | 3 | 4 } = {}): Uint8Array {
  const { width = 3, height = 2, channels = 1 } = options;
  const data = new Uint8Array(width * height * channels).fill(value);
  for (let c = 0; c < channels; c++) data[c] = 100 + c;
  return encode({ width, height, channels, data });
}

const folder = (files: Record<string, Uint8Array | string>) => folderWith(files);

describe('a folder of classes', () => {
  const files = {
    'dog/b.png': png(4),
    'dog/a.PNG': png(3),
    'cat/x.png': png(1),
    'cat/notes.txt': 'no image',
    'dog/c.png': png(5),
  };

  test('is a data set: classes by name, files in turn, pixels as they are', () => {
    const data = loadImageFolder(folder(files));
    expect(data).toMatchObject({ count: 4, shape: [1, 2, 3], classes: ['cat', 'dog'] });
    expect([...data.labels]).toEqual([0, 1, 1, 1]);
    expect([...data.images.subarray(0, 6)]).toEqual([100, 1, 1, 1, 1, 1]);
    expect([0, 1, 2, 3].map((i) => data.images[6 * i + 5])).toEqual([1, 3, 4, 5]);
    expect(loadImageFolder(folder(files), { limit: 2 }).classes).toEqual(['cat', 'dog']);
  });

  test('colours lie channel by channel', () => {
    const data = loadImageFolder(folder({ 'a/1.png': png(7, { channels: 3 }) }));
    expect(data.shape).toEqual([3, 2, 3]);
    expect([...data.images]).toEqual([100, 7, 7, 7, 7, 7, 101, 7, 7, 7, 7, 7, 102, 7, 7, 7, 7, 7]);
  });

  test('with train and test folders goes by its path, normalised by the training images', async () => {
    const path = folder({
      'train/a/1.png': png(0),
      'train/b/1.png': png(250),
      'train/b/2.png': png(250),
      'test/b/1.png': png(9),
    });
    const options = { allocate: allocateShared };
    const train = await loadDataset(path, { split: 'train', ...options });
    const test = await loadDataset(path, { split: 'test', ...options });
    expect([train.count, test.count, [...test.labels]]).toEqual([3, 1, [1]]);
    expect(test.classes).toEqual(['a', 'b']);
    expect([test.mean, test.std]).toEqual([train.mean, train.std]);
    expect((await loadDataset(path, { split: 'train', limit: 1, ...options })).mean).toEqual(train.mean);
  });
});

test('a class of the test split that training does not have is named', async () => {
  const path = folder({ 'train/a/1.png': png(0), 'test/z/1.png': png(1) });
  const load = () => loadDataset(path, { split: 'test', allocate: allocateShared });
  expect((await dataError(load)).message).toContain(
    'expected the classes a, got z. Both splits have the same classes.',
  );
});

describe('refused', () => {
  const message = async (files: Record<string, Uint8Array | string>) => {
    const path = folder(files);
    return (await dataError(() => loadImageFolder(path))).message.replaceAll(join(path, '/'), '').replace(path, 'root');
  };

  test.each([
    [
      { 'a/1.png': png(1), 'a/2.png': png(1, { width: 4 }) },
      'a/2.png: expected 3 × 2 pixels of grey, as a/1.png, got 4 × 2 of grey.',
    ],
    [
      { 'a/1.png': png(1), 'b/2.png': png(1, { channels: 3 }) },
      'b/2.png: expected 3 × 2 pixels of grey, as a/1.png, got 3 × 2 of RGB.',
    ],
    [{ 'a/1.png': png(1, { channels: 4 }) }, 'a/1.png: expected grey or RGB pixels, got an alpha channel.'],
    [{ 'a/1.png': 'GIF89a, and then some more bytes to come' }, 'a/1.png: expected a PNG image, got another format.'],
    [{ 'a/1.png': png(1).subarray(0, 45) }, 'a/1.png: expected a whole PNG image'],
    [{ 'a/1.jpg': 'x' }, 'root: expected PNG images in the folders of classes, got none.'],
    [{ '1.png': png(1) }, 'root: expected a folder for each class, got none.'],
  ])('%#', async (files, expected) => {
    expect(await message(files)).toContain(expected);
  });

  test('an image that says it is enormous is refused before anything is decoded', async () => {
    const huge = png(1).slice();
    new DataView(huge.buffer).setUint32(16, 1_000_000);
    new DataView(huge.buffer).setUint32(20, 1_000_000);
    expect(await message({ 'a/1.png': huge })).toContain(
      'a/1.png: expected 1 to 16777216 pixels, got 1000000 × 1000000.',
    );
  });
});
