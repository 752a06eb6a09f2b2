import { encode } from 'fast-png';
import { expect, test } from 'vitest';
import { decodePng, spriteToPlanar } from '../src/index.ts';
import { dataError } from './fixtures.ts';

/** Two rows, each an RGB image of 1 × 2. */
const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
const png = encode({ width: 2, height: 2, channels: 3, depth: 8, data: pixels });
const where = 'sprite.png';

test('each pixel row of a PNG sprite becomes one planar image', () => {
  const images = new Uint8Array(12);
  spriteToPlanar(decodePng(png, { where }), { where, shape: [3, 1, 2], images, firstImage: 0 });
  expect([...images]).toEqual([1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12]);
});

test('images go where they are told, and only as many as asked for', () => {
  const images = new Uint8Array(18);
  spriteToPlanar(decodePng(png, { where }), { where, shape: [3, 1, 2], images, firstImage: 1, rows: 1 });
  expect([...images]).toEqual([0, 0, 0, 0, 0, 0, 1, 4, 2, 5, 3, 6, 0, 0, 0, 0, 0, 0]);
});

test('alpha is left out', () => {
  const data = Uint8Array.from([1, 2, 3, 255, 4, 5, 6, 255]);
  const images = new Uint8Array(6);
  const rgba = decodePng(encode({ width: 2, height: 1, channels: 4, depth: 8, data }), { where });
  spriteToPlanar(rgba, { where, shape: [3, 2, 1], images, firstImage: 0 });
  expect([...images]).toEqual([1, 4, 2, 5, 3, 6]);
});

test('a sprite of another size is one clear line', async () => {
  const images = new Uint8Array(12);
  const wrong = () => spriteToPlanar(decodePng(png, { where }), { where, shape: [3, 2, 2], images, firstImage: 0 });
  expect((await dataError(wrong)).message).toBe(
    'sprite.png: expected 2 rows of 4 pixels with 3 channels, a row an image [3, 2, 2], got 2 rows of 2 pixels with 3 channels. Check that this is the right sprite.',
  );
});

test('every truncated PNG is a DataError that names the file', async () => {
  for (let length = 0; length < png.length; length++) {
    const error = await dataError(() => decodePng(png.subarray(0, length), { where }));
    expect(error.message).toMatch(
      /^sprite\.png: expected a whole PNG image, got \d+ bytes that do not decode \(.*\)\. Fetch/,
    );
  }
});

test('a PNG with one changed byte in its pixels is a DataError', async () => {
  const changed = Uint8Array.from(png);
  const start = String.fromCharCode(...png).indexOf('IDAT');
  changed[start + 6]! ^= 0x10;
  expect((await dataError(() => decodePng(changed, { where }))).where).toBe(where);
});

test('16-bit pixels are refused', async () => {
  const deep = encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(7) });
  expect((await dataError(() => decodePng(deep, { where }))).message).toBe(
    'sprite.png: expected a PNG image of 8-bit grey, RGB or RGBA pixels, got 16-bit pixels. Save it again in that form.',
  );
});
