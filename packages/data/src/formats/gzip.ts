/** Gzip streams → bytes, with what both browsers and Node have built in; the IDX reader stands behind it. */
import { DataError, messageOf } from '../data-error.ts';

export interface GunzipOptions {
  readonly where: string;
  /** Looks at the bytes that came so far and says how many are wanted in all; reading stops there. Default: all. */
  readonly wanted?: (soFar: Uint8Array) => number;
}

/** Unpacked bytes, at least `wanted` of them if the stream holds so many; a DataError if it is cut short or corrupt. */
export async function gunzip(packed: Blob, { where, wanted = everything }: GunzipOptions): Promise<Uint8Array> {
  const reader = packed.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let bytes = new Uint8Array(Math.max(1024, packed.size * 2));
  let length = 0;
  try {
    while (length < wanted(bytes.subarray(0, length))) {
      const { done, value } = await reader.read();
      if (done) break;
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
