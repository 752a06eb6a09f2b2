/** A minimal reader of float32 safetensors files, on purpose independent of the one in @lockstep/core. */

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface GoldenFile {
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads all tensors; throws on any type but F32 and on offsets that do not fit the file. */
export function readSafetensors(bytes: Uint8Array): GoldenFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw new RangeError('safetensors: the file is shorter than its length field');
  const headerLength = Number(view.getBigUint64(0, true));
  const base = 8 + headerLength;
  if (base > bytes.length) throw new RangeError(`safetensors: header of ${headerLength} bytes exceeds the file`);
  const header = asRecord(JSON.parse(new TextDecoder().decode(bytes.subarray(8, base))), 'header');

  const tensors = new Map<string, GoldenTensor>();
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    const fields = asRecord(entry, name);
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(fields)) metadata[key] = String(value);
      continue;
    }
    if (fields.dtype !== 'F32') throw new TypeError(`safetensors: ${name} is ${fields.dtype}, not F32`);
    const shape = asNumbers(fields.shape, name);
    const [begin = -1, end = -1] = asNumbers(fields.data_offsets, name);
    const count = shape.reduce((product, size) => product * size, 1);
    if (begin < 0 || end - begin !== count * 4 || base + end > bytes.length) {
      throw new RangeError(`safetensors: ${name} has offsets ${begin}..${end} for ${count} numbers`);
    }
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = view.getFloat32(base + begin + i * 4, true);
    tensors.set(name, { shape, data });
  }
  return { tensors, metadata };
}

function asRecord(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`safetensors: ${name} is not an object`);
  }
  return value as Record<string, unknown>;
}

function asNumbers(value: unknown, name: string): number[] {
  if (!Array.isArray(value) || !value.every((item) => Number.isInteger(item))) {
    throw new TypeError(`safetensors: ${name} has a field that is not a list of integers`);
  }
  return value as number[];
}
