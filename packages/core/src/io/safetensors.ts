/**
 * The safetensors format (Hugging Face): a u64 header length, a JSON header of names, dtypes, shapes and byte ranges, then the bytes.
 * Little-endian throughout; so is every platform that JavaScript engines run on.
 */
import { FormatError, shortened } from '../errors.ts';
import { empty } from '../tensor/create.ts';
import { bytesPerElement, type DType } from '../tensor/dtype.ts';
import { sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { parseJson } from './json.ts';

const formatNames: Readonly<Record<DType, string>> = { f32: 'F32', i32: 'I32', u8: 'U8' };
const dtypes = new Map(Object.entries(formatNames).map(([dtype, name]) => [name, dtype as DType]));
/** Read as i32, where the values fit; never written. */
const wideInteger = 'I64';
/** The reference implementation's own limit. */
const maximumHeaderBytes = 100_000_000;
/** PyTorch's own limit. */
const maximumRank = 64;

/** A tensor of a file where it lies: its bytes are a view of the file's. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The bytes of a file with the tensors, in the order given. */
export function encodeSafetensors(
  tensors: Readonly<Record<string, Tensor<DType>>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: [name: string, entry: unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = tensor.size * bytesPerElement[tensor.dtype];
    header.push([
      name,
      { dtype: formatNames[tensor.dtype], shape: tensor.shape, data_offsets: [offset, offset + bytes] },
    ]);
    offset += bytes;
  }
  // fromEntries: a tensor may be called like a property of every object.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + padded + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8, 8 + padded);
  file.set(json, 8);
  let at = 8 + padded;
  for (const tensor of Object.values(tensors)) {
    const { data } = tensor;
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * The tensors and metadata of a file's bytes; I64 is read as i32. The header has at most 100 MB. The ranges of the tensors cover the rest of the file
 * without gaps and overlaps, as the format demands: so tensors never take more memory than the file has bytes.
 *
 * @throws FormatError that says what is wrong and where.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  where = 'safetensors',
): { tensors: Record<string, Tensor<DType>>; metadata: Record<string, string> } {
  const { tensors, metadata } = readSafetensors(bytes, where);
  // fromEntries: a tensor may be called like a property of every object.
  return { tensors: Object.fromEntries([...tensors].map(([name, stored]) => [name, tensorOf(stored)])), metadata };
}

/** As `decodeSafetensors`, without taking memory for tensors: for values that are copied to where they belong. */
export function readSafetensors(
  bytes: Uint8Array,
  where = 'safetensors',
): { tensors: Map<string, StoredTensor>; metadata: Record<string, string> } {
  if (bytes.length < 8)
    throw new FormatError(`${where}: expected at least 8 bytes, got ${bytes.length}; the file is cut off`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maximumHeaderBytes || 8 + length > bytes.length) {
    throw new FormatError(
      `${where}: the header should have ${length} bytes but the file has ${bytes.length}; not a safetensors file, or cut off`,
    );
  }
  const { __metadata__, ...entries } = parseHeader(bytes.slice(8, 8 + length), where);
  const body = bytes.subarray(8 + length);
  const tensors = new Map(
    Object.entries(entries).map(([name, entry]) => [name, readTensor(name, entry, { body, where })]),
  );
  checkCover(Object.entries(entries), { body, where });
  return { tensors, metadata: checkMetadata(__metadata__ ?? {}, where) };
}

/** Each byte belongs to one tensor. The entries have been checked one by one. */
function checkCover(
  entries: readonly [name: string, entry: unknown][],
  file: { body: Uint8Array; where: string },
): void {
  const ranges = (entries as [string, HeaderEntry][]).map(
    ([name, { data_offsets }]) => [name, ...data_offsets] as const,
  );
  ranges.sort(([, from, to], [, otherFrom, otherTo]) => from - otherFrom || to - otherTo);
  let end = 0;
  for (const [name, from, to] of ranges) {
    if (from !== end)
      throw new FormatError(
        `${file.where}: tensor ${shortened(name)} begins at ${from}, expected ${end}, where the one before it ends; the file is damaged`,
      );
    end = to;
  }
  if (end !== file.body.length)
    throw new FormatError(
      `${file.where}: the tensors end at ${end}, the file's bytes at ${file.body.length}; the file is damaged`,
    );
}

/** A new tensor with the values of a stored one. */
export function tensorOf({ dtype, shape, bytes }: StoredTensor): Tensor<DType> {
  const tensor = empty(shape, { dtype });
  const { data } = tensor;
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(bytes);
  return tensor;
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  try {
    const header = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch {
    // Reported below, with the file's name.
  }
  throw new FormatError(`${where}: the header is not a JSON object; not a safetensors file, or damaged`);
}

function checkMetadata(metadata: unknown, where: string): Record<string, string> {
  const isObject = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (isObject && Object.values(metadata).every((v) => typeof v === 'string'))
    return metadata as Record<string, string>;
  throw new FormatError(`${where}: the metadata is not an object of strings; not a safetensors file, or damaged`);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function checkEntry(name: string, value: unknown, where: string): HeaderEntry {
  const entry = (value ?? {}) as Partial<HeaderEntry>;
  if (typeof entry.dtype === 'string' && isCounts(entry.shape) && isCounts(entry.data_offsets)) {
    if (entry.data_offsets.length === 2 && entry.shape.length <= maximumRank) return entry as HeaderEntry;
  }
  throw new FormatError(
    `${where}: tensor ${shortened(name)} has no dtype, shape of at most ${maximumRank} extents and range; not a safetensors file, or damaged`,
  );
}

function readTensor(name: string, value: unknown, file: { body: Uint8Array; where: string }): StoredTensor {
  const entry = checkEntry(name, value, file.where);
  const wide = entry.dtype === wideInteger;
  const dtype = wide ? 'i32' : dtypes.get(entry.dtype);
  if (!dtype)
    throw new FormatError(
      `${file.where}: tensor ${shortened(name)} has dtype ${shortened(entry.dtype)}; expected ${[...dtypes.keys(), wideInteger].join(', ')}`,
    );
  const [from, to] = entry.data_offsets;
  const expected = sizeOf(entry.shape) * (wide ? 8 : bytesPerElement[dtype]);
  if (!(from >= 0 && to - from === expected && to <= file.body.length)) {
    throw new FormatError(
      `${file.where}: tensor ${shortened(name)} of shape [${entry.shape.join(', ')}] needs ${expected} bytes, its range ${from}–${to} of ${file.body.length} does not give them; the file is damaged`,
    );
  }
  const own = file.body.subarray(from, to);
  const bytes = wide ? new Uint8Array(narrowed(own, `${file.where}: tensor ${shortened(name)}`).buffer) : own;
  return { dtype, shape: entry.shape, bytes };
}

/** 64-bit integers, such as PyTorch's `num_batches_tracked`, as 32-bit ones. */
function narrowed(bytes: Uint8Array, what: string): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: bytes.byteLength / 8 }, (_, i) => {
    const value = view.getBigInt64(8 * i, true);
    if (value !== BigInt.asIntN(32, value))
      throw new FormatError(
        `${what} holds ${value} at position ${i}, which does not fit 32 bits; only such I64 values can be read`,
      );
    return Number(value);
  });
}
