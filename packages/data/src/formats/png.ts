/** PNG files → 8-bit pixels, for sprites and folders of images; fast-png decodes what has been found to be of a bounded size. */
import { decode } from 'fast-png';
import { Unzlib } from 'fflate';
import { DataError, messageOf } from '../data-error.ts';
import { mostRatio } from '../limits.ts';

export interface Pixels {
  /** [height, width, channels], interleaved. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly interlaced: boolean;
}

/** The signature, and the first chunk with its length, name and checksum. */
export const PNG_HEADER_BYTES: number = 33;
/** Pixels of an image. */
const mostPixels = 2 ** 24;
/** By colour type; 3 is a palette. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };
const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Packed bytes that are unpacked at a time, at least. */
const leastPieceBytes = 256;
/** Adam7: the first column and row of each pass, and the distances to the next. */
const passes = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** What the first 33 bytes of a file say. @throws DataError for anything but 1 to 2²⁴ pixels of 8-bit grey or RGB, with alpha or without. */
export function pngHeader(start: Uint8Array, where: string): PngHeader {
  const fail = (expected: string, got: string, hint: string): never => {
    throw new DataError({ where, expected, got, hint });
  };
  if (
    start.length < PNG_HEADER_BYTES ||
    signature.some((byte, i) => start[i] !== byte) ||
    chunkName(start, 8) !== 'IHDR'
  )
    fail(
      'a PNG image',
      start.length < PNG_HEADER_BYTES ? `${start.length} bytes` : 'another format',
      'Convert it to PNG.',
    );
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width * height > mostPixels || width === 0 || height === 0)
    fail(`1 to ${mostPixels} pixels`, `${width} × ${height}`, 'Make the image smaller.');
  const [depth, colour, interlace] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const channels = channelsOf[colour];
  if (channels === undefined || depth !== 8)
    fail(
      'a PNG image of 8-bit grey, RGB or RGBA pixels',
      colour === 3 ? 'a palette image' : `${depth}-bit pixels`,
      'Save it again in that form.',
    );
  return { width, height, channels: channels!, interlaced: interlace !== 0 };
}

/**
 * Takes about four times the memory of the pixels at most, which are no more than 2²⁴: pixels are unpacked once to count them before anything is
 * allocated for them. Chunks that pixels do not need (profiles, texts, further frames) are left out unread.
 *
 * @throws DataError naming `where` for a corrupt or cut file, for one whose data are not as many as its header says, and for palettes and other
 * depths than 8 bits.
 */
export function decodePng(bytes: Uint8Array, { where }: { readonly where: string }): Pixels {
  const header = pngHeader(bytes, where);
  try {
    const chunks = chunksOf(bytes);
    requireSize(
      chunks.filter(({ name }) => name === 'IDAT'),
      rawBytes(header),
    );
    const { data, width, height, channels } = decode(joined(bytes, chunks), { checkCrc: true });
    return { data: data as Uint8Array, width, height, channels };
  } catch (cause) {
    throw new DataError({
      where,
      expected: 'a whole PNG image',
      got: `${bytes.length} bytes that do not decode (${messageOf(cause)})`,
      hint: 'Fetch the file again.',
      cause,
    });
  }
}

interface Chunk {
  readonly name: string;
  readonly content: Uint8Array;
  /** With its length, name and checksum. */
  readonly whole: Uint8Array;
}

/** The chunks that make the pixels, in order. */
function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = signature.length; ; ) {
    if (at + 12 > bytes.length) throw new Error('the end is missing');
    const length = view.getUint32(at);
    const end = at + 12 + length;
    const name = chunkName(bytes, at);
    if (end > bytes.length) throw new Error(`a chunk ${JSON.stringify(name)} of ${length} bytes at ${at} is cut off`);
    if (name === 'IHDR' || name === 'IDAT' || name === 'IEND')
      chunks.push({ name, content: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    if (name === 'IHDR' && chunks.length > 1) throw new Error('it has two headers');
    if (name === 'IEND') return chunks;
    at = end;
  }
}

/** The name of the chunk at `at`. */
function chunkName(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at + 4, at + 8));
}

/** Unpacked bytes: a filter byte and the pixels of every row. */
function rawBytes({ width, height, channels, interlaced }: PngHeader): number {
  if (!interlaced) return height * (1 + width * channels);
  return passes.reduce((sum, [left, top, across, down]) => {
    const [columns, rows] = [Math.ceil((width - left) / across), Math.ceil((height - top) / down)];
    return sum + (columns > 0 && rows > 0 ? rows * (1 + columns * channels) : 0);
  }, 0);
}

/** Unpacks piece by piece and keeps nothing: throws unless `expected` bytes come, and stops as soon as there are more. */
function requireSize(data: readonly Chunk[], expected: number): void {
  // Of no piece comes more than `expected`, or 256 KiB.
  const pieceBytes = Math.max(leastPieceBytes, Math.floor(expected / mostRatio));
  let got = 0;
  const unzlib = new Unzlib((piece) => {
    got += piece.length;
  });
  for (const { content } of data)
    for (let at = 0; at < content.length && got <= expected; at += pieceBytes)
      unzlib.push(content.subarray(at, at + pieceBytes));
  if (got === expected) return;
  throw new Error(`its pixels take ${expected} bytes, its data hold ${got > expected ? 'more' : got}`);
}

function joined(bytes: Uint8Array, chunks: readonly Chunk[]): Uint8Array {
  const parts = [bytes.subarray(0, signature.length), ...chunks.map(({ whole }) => whole)];
  const file = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
