/** An images file and a labels file in IDX form, plain or .gz → a dataset; only what is asked for is read. */
import { openAsBlob } from 'node:fs';
import { DataError } from '../data-error.ts';
import { type DatasetFacts, type ImageDataset, limitedCount } from '../dataset.ts';
import { gunzip } from '../formats/gzip.ts';
import {
  IDX_HEADER_MAX_BYTES,
  type IdxHeader,
  idxImageShape,
  parseIdxHeader,
  requireIdxLabels,
  sizesOf,
  wrongSize,
} from '../formats/idx.ts';
import { checkedLabels } from '../labels.ts';
import { requirePackable } from '../limits.ts';
import type { AllocateBytes } from '../storage.ts';
import { fileSizeBytes, readFileInto } from './read-file.ts';

export interface IdxFiles {
  readonly images: string;
  readonly labels: string;
}

export interface LoadIdxOptions {
  readonly facts: Omit<DatasetFacts, 'title' | 'counts' | 'shape'>;
  readonly allocate: AllocateBytes;
  readonly limit?: number;
}

/** A DataError names the file that is absent, cut short, too long, corrupt, or does not belong to the other. */
export async function loadIdxFiles(files: IdxFiles, { facts, allocate, limit }: LoadIdxOptions): Promise<ImageDataset> {
  const images = await readIdx(files.images, { limit, allocate });
  const shape = idxImageShape(images.dims, files.images);
  const labels = await readIdx(files.labels, { limit, allocate: (bytes) => new Uint8Array(bytes) });
  requireIdxLabels(labels.dims, { where: files.labels, count: images.dims[0]! });
  const classCount = facts.classes.length;
  const checked = checkedLabels(labels.data, { where: files.labels, classCount, allocate });
  const { name, classes, mean, std } = facts;
  return { name, images: images.data, labels: checked, count: checked.length, shape, classes, mean, std };
}

export interface IdxContent {
  /** As the header says, whatever the limit. */
  readonly dims: readonly number[];
  /** The first `limit` items. */
  readonly data: Uint8Array;
}

/**
 * The first `limit` items of one IDX file, on memory from `allocate`. A plain file takes its own size at most; a packed one three times what it
 * holds, if its header does not promise more than the file can hold.
 */
export async function readIdx(
  path: string,
  options: { readonly limit?: number | undefined; readonly allocate: AllocateBytes },
): Promise<IdxContent> {
  return path.endsWith('.gz') ? readPackedIdx(path, options) : readPlainIdx(path, options);
}

type ReadOptions = Parameters<typeof readIdx>[1];

function readPlainIdx(path: string, { limit, allocate }: ReadOptions): IdxContent {
  const gotBytes = fileSizeBytes(path);
  const start = new Uint8Array(Math.min(gotBytes, IDX_HEADER_MAX_BYTES));
  readFileInto({ path, into: start });
  const header = parseIdxHeader(start, { where: path });
  const expectedBytes = header.headerBytes + header.dataBytes;
  if (gotBytes !== expectedBytes) throw wrongSize(path, { expectedBytes, gotBytes });
  const data = allocate(limitedBytes(header, limit));
  readFileInto({ path, offsetBytes: header.headerBytes, into: data });
  return { dims: header.dims, data };
}

async function readPackedIdx(path: string, { limit, allocate }: ReadOptions): Promise<IdxContent> {
  const packedBytes = fileSizeBytes(path);
  const where = path;
  let header: IdxHeader | undefined;
  const packedHeader = (bytes: Uint8Array): IdxHeader => {
    const parsed = parseIdxHeader(bytes, { where });
    requirePackable(parsed.dataBytes, { where, packedBytes });
    return parsed;
  };
  const bytes = await gunzip(await openAsBlob(path), {
    where,
    wanted: (soFar) => {
      if (!header && soFar.length < IDX_HEADER_MAX_BYTES) return IDX_HEADER_MAX_BYTES;
      header ??= packedHeader(soFar);
      // One more than the whole file: the stream then runs to its end, where the checksum is.
      return header.headerBytes + (limit === undefined ? header.dataBytes + 1 : limitedBytes(header, limit));
    },
  });
  header ??= packedHeader(bytes);
  const { headerBytes, dims, dataBytes } = header;
  const dataWanted = limitedBytes(header, limit);
  const expectedBytes = headerBytes + dataBytes;
  const tooLong = limit === undefined && bytes.length > expectedBytes;
  if (bytes.length < headerBytes + dataWanted || tooLong) {
    throw wrongSize(`${where} (unpacked)`, { expectedBytes, gotBytes: bytes.length });
  }
  const data = allocate(dataWanted);
  data.set(bytes.subarray(headerBytes, headerBytes + dataWanted));
  return { dims, data };
}

function limitedBytes({ dims, dataBytes }: IdxHeader, limit: number | undefined): number {
  const items = dims[0] ?? 0;
  return items === 0 ? 0 : (dataBytes / items) * limitedCount(items, limit);
}

/** Number of classes that a labels file names: its largest label and one. */
export async function idxClassCount(path: string): Promise<number> {
  const { dims, data } = await readIdx(path, { allocate: (bytes) => new Uint8Array(bytes) });
  if (dims.length === 1 && data.length > 0) return data.reduce((a, b) => Math.max(a, b), 0) + 1;
  throw new DataError({
    where: path,
    expected: 'labels [N]',
    got: sizesOf(dims),
    hint: 'Check that this is the labels file and not the images file.',
  });
}
