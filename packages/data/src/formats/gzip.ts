/** Gzip streams → bytes, with what both browsers and Node have built in; the IDX reader stands behind it. */
import { DataError, messageOf } from '../data-error.ts';
import { mostDataBytes } from '../limits.ts';

export interface GunzipOptions {
  readonly where: string;
  /** Looks at the bytes that came so far and says how many are wanted in all; reading stops there. Default: all. */
  readonly wanted?: (soFar: Uint8Array) => number;
  /** Of unpacked bytes. Default 2 GiB. */
  readonly mostBytes?: number;
}

/**
 * Unpacked bytes, at least `wanted` of them if the stream holds so many. Takes at most twice the memory of what it has unpacked, and never
 * unpacks more than `mostBytes`.
 *
 * @throws DataError for a stream that is cut short, corrupt or unpacks to more than `mostBytes`.
 */
export async function gunzip(packed: Blob, options: GunzipOptions): Promise<Uint8Array> {
  const { where, wanted = everything, mostBytes = mostDataBytes } = options;
  const reader = packed.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let bytes = new Uint8Array(Math.min(Math.max(1024, packed.size * 2), mostBytes));
  let length = 0;
  try {
    while (length < wanted(bytes.subarray(0, length))) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > mostBytes) throw tooLong(where, mostBytes);
      if (length + value.length > bytes.length) bytes = grown(bytes, length + value.length);
      bytes.set(value, length);
      length += value.length;
    }
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw new DataError({
      where,
      expected: 'a whole gzip file',
      got: `${packed.size} bytes that stop unpacking after ${length} (${messageOf(cause)})`,
      hint: 'Fetch the file again.',
      cause,
    });
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return bytes.subarray(0, length);
}

function tooLong(where: string, mostBytes: number): DataError {
  const hint = 'Unpack it and look at what it is.';
  return new DataError({ where, expected: `at most ${mostBytes} unpacked bytes`, got: 'more', hint });
}

/** Whether bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function everything(): number {
  return Number.POSITIVE_INFINITY;
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
