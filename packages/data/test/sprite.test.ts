import { crc32, deflateSync } from 'node:zlib';
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
      length < 33
        ? new RegExp(`^sprite\\.png: expected a PNG image, got ${length} bytes\\. Convert`)
        : /^sprite\.png: expected a whole PNG image, got \d+ bytes that do not decode \(.*\)\. Fetch/,
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

/** A chunk with its length and checksum. */
function chunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A file with these packed pixels, and other chunks before them. */
function pngOf(
  at: { width: number; height: number; interlace?: number },
  data: Uint8Array,
  ...others: Uint8Array[]
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(at.width, 0);
  header.writeUInt32BE(at.height, 4);
  header.set([8, 0, 0, 0, at.interlace ?? 0], 8);
  const parts = [chunk('IHDR', header), ...others, chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

test('data that unpack to more than the pixels are given up as soon as they do', async () => {
  const bomb = pngOf({ width: 2, height: 2 }, deflateSync(Buffer.alloc(2 ** 24)));
  expect(bomb.length).toBeLessThan(20_000);
  const before = process.memoryUsage().arrayBuffers;
  expect((await dataError(() => decodePng(bomb, { where }))).message).toContain(
    'its pixels take 6 bytes, its data hold more',
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23);
  const short = pngOf({ width: 4096, height: 4096 }, deflateSync(Buffer.alloc(10)));
  expect((await dataError(() => decodePng(short, { where }))).message).toContain(
    'its pixels take 16781312 bytes, its data hold 10',
  );
});

test('a profile that would unpack to much is left out unread', () => {
  const profile = Buffer.concat([Buffer.from('p\0\0'), deflateSync(Buffer.alloc(2 ** 26))]);
  const before = process.memoryUsage().arrayBuffers;
  const { data } = decodePng(
    pngOf({ width: 2, height: 1 }, deflateSync(Buffer.from([0, 5, 6])), chunk('iCCP', profile)),
    { where },
  );
  expect([...data]).toEqual([5, 6]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22);
});

test('interlaced pixels come in seven passes', () => {
  // Of 3 × 3 pixels: (0,0) · – · – · (2,0) · (0,2) (2,2) · (1,0) (1,2) · (0,1) (1,1) (2,1).
  const rows = [
    [0, 10],
    [0, 12],
    [0, 30, 32],
    [0, 11],
    [0, 31],
    [0, 20, 21, 22],
  ];
  const { data } = decodePng(pngOf({ width: 3, height: 3, interlace: 1 }, deflateSync(Buffer.from(rows.flat()))), {
    where,
  });
  expect([...data]).toEqual([10, 11, 12, 20, 21, 22, 30, 31, 32]);
});
