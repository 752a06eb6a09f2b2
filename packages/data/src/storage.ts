/** Where the bytes of a dataset live: the caller gives the memory (core's arena), the readers decode straight into it. */
import { DataError } from './data-error.ts';

/** Gives `bytes` fresh bytes over a SharedArrayBuffer, at an address that is a multiple of 4. */
export type AllocateBytes = (bytes: number) => Uint8Array;

/** A SharedArrayBuffer of its own for every call: for use without an arena. */
export const allocateShared: AllocateBytes = (bytes) => new Uint8Array(new SharedArrayBuffer(bytes));

/** Int32Array [count] on the caller's memory; a DataError if that memory is not 4-byte aligned. */
export function allocateInt32(allocate: AllocateBytes, count: number): Int32Array {
  const bytes = allocate(4 * count);
  requireAligned(bytes.byteOffset);
  return new Int32Array(bytes.buffer, bytes.byteOffset, count);
}

/** Float32Array [count] on the caller's memory; a DataError if that memory is not 4-byte aligned. */
export function allocateFloat32(allocate: AllocateBytes, count: number): Float32Array {
  const bytes = allocate(4 * count);
  requireAligned(bytes.byteOffset);
  return new Float32Array(bytes.buffer, bytes.byteOffset, count);
}

function requireAligned(offsetBytes: number): void {
  if (offsetBytes % 4 === 0) return;
  throw new DataError({
    where: 'allocate',
    expected: 'memory at a multiple of 4 bytes',
    got: `offset ${offsetBytes}`,
    hint: 'Round the allocator up to 4 bytes.',
  });
}
