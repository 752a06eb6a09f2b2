/** The IDX format of MNIST: 00 00, a type byte, the rank, big-endian sizes, then the values in row-major order. */
import { DataError } from '../data-error.ts';
import { type DatasetFacts, type ImageDataset, limitedCount } from '../dataset.ts';
import { checkedLabels } from '../labels.ts';
import { requireAtMost } from '../limits.ts';
import type { AllocateBytes } from '../storage.ts';

export interface IdxHeader {
  /** Sizes, outermost (the sample count) first. */
  readonly dims: readonly number[];
  readonly headerBytes: number;
  /** Bytes after the header: the product of dims. */
  readonly dataBytes: number;
}

const TYPES: Readonly<Record<number, string>> = {
  8: 'unsigned bytes',
  9: 'signed bytes',
  11: '16-bit integers',
  12: '32-bit integers',
  13: '32-bit floats',
  14: '64-bit floats',
};

/** The longest header there is: 4 bytes and 255 sizes. */
export const IDX_HEADER_MAX_BYTES: number = 4 + 4 * 255;

/** Reads the header at the front of `bytes`; a DataError naming `where` if it is none, not of unsigned bytes, or of more than 2 GiB of them. */
export function parseIdxHeader(bytes: Uint8Array, { where }: { readonly where: string }): IdxHeader {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || TYPES[bytes[2]!] === undefined) {
    throw new DataError({
      where,
      expected: 'an IDX file, which begins 00 00 08',
      got: bytes.length === 0 ? 'an empty file' : `${bytes.length < 4 ? 'only ' : ''}${hex(bytes.subarray(0, 4))}`,
      hint: 'Check that this is the right file, unpacked.',
    });
  }
  if (bytes[2] !== 8) {
    throw new DataError({
      where,
      expected: 'unsigned bytes (IDX type 0x08)',
      got: `${TYPES[bytes[2]!]} (IDX type 0x${hex(bytes.subarray(2, 3))})`,
      hint: 'Scale the values to 0…255 and write them as unsigned bytes, or give them to arrayDataset.',
    });
  }
  const rank = bytes[3]!;
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) throw wrongSize(where, { expectedBytes: headerBytes, gotBytes: bytes.length });
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const dataBytes = dims.includes(0) ? 0 : dims.reduce((a, b) => a * b, 1);
  requireAtMost(dataBytes, { where, hint: 'Check that this is the right file, or split it.' });
  return { dims, headerBytes, dataBytes };
}

/** The DataError for a file that is shorter or longer than its header says. */
export function wrongSize(where: string, sizes: { expectedBytes: number; gotBytes: number }): DataError {
  const { expectedBytes, gotBytes } = sizes;
  const short = gotBytes < expectedBytes;
  return new DataError({
    where,
    expected: `${expectedBytes} bytes`,
    got: `${gotBytes} bytes`,
    hint: short ? 'The file is cut short: fetch it again.' : 'The file is longer than its header says: fetch it again.',
  });
}

/** [N, H, W] or [N, C, H, W] → [C, H, W]; a DataError for any other rank or an empty size. */
export function idxImageShape(dims: readonly number[], where: string): [number, number, number] {
  const [count, ...rest] = dims;
  const shape = rest.length === 2 ? [1, ...rest] : rest;
  if (shape.length === 3 && count! > 0 && shape.every((d) => d > 0)) return shape as [number, number, number];
  throw new DataError({
    where,
    expected: 'images [N, H, W] or [N, C, H, W]',
    got: sizesOf(dims),
    hint: 'Check that this is the images file and not the labels file.',
  });
}

/** Throws a DataError unless the labels file is [N] with the N of its images. */
export function requireIdxLabels(dims: readonly number[], { where, count }: { where: string; count: number }): void {
  if (dims.length === 1 && dims[0] === count) return;
  throw new DataError({
    where,
    expected: `labels [${count}], one an image`,
    got: sizesOf(dims),
    hint: 'Check that the images and labels files belong together.',
  });
}

/** For errors: a header may hold 255 sizes. */
export function sizesOf(dims: readonly number[]): string {
  return `sizes [${dims.slice(0, 8).join(', ')}${dims.length > 8 ? ', …' : ''}]`;
}

export interface IdxDatasetOptions {
  /** Unpacked bytes of the two files. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  /** What they are, for the errors; default `images` and `labels`. */
  readonly where?: { readonly images: string; readonly labels: string };
  readonly facts: Omit<DatasetFacts, 'title' | 'counts' | 'shape'>;
  readonly allocate: AllocateBytes;
  /** Take only the first N. */
  readonly limit?: number;
}

/** The bytes of an images file and a labels file → a dataset: what a browser does after two fetches. Allocates the images and 4 bytes a label. */
export function idxDataset(options: IdxDatasetOptions): ImageDataset {
  const { facts, allocate, limit, where = { images: 'images', labels: 'labels' } } = options;
  const images = wholeIdx(options.images, where.images);
  const labels = wholeIdx(options.labels, where.labels);
  const shape = idxImageShape(images.dims, where.images);
  requireIdxLabels(labels.dims, { where: where.labels, count: images.dims[0]! });
  const count = limitedCount(images.dims[0]!, limit);
  const classCount = facts.classes.length;
  const checked = checkedLabels(labels.data.subarray(0, count), { where: where.labels, classCount, allocate });
  const pixels = allocate(count * shape[0] * shape[1] * shape[2]);
  pixels.set(images.data.subarray(0, pixels.length));
  const { name, classes, mean, std } = facts;
  return { name, images: pixels, labels: checked, count, shape, classes, mean, std };
}

function wholeIdx(bytes: Uint8Array, where: string): { dims: readonly number[]; data: Uint8Array } {
  const { dims, headerBytes, dataBytes } = parseIdxHeader(bytes, { where });
  const expectedBytes = headerBytes + dataBytes;
  if (bytes.length !== expectedBytes) throw wrongSize(where, { expectedBytes, gotBytes: bytes.length });
  return { dims, data: bytes.subarray(headerBytes) };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
}
