/** What a reader takes at most, whatever a file says of itself: each is checked before memory is taken. */
import { DataError } from './data-error.ts';

/** Pixels, values or other content of one data set: 2 GiB, half of what an arena can hold. */
export const mostDataBytes: number = 2 ** 31;
/** A file of JSON that is read whole. */
export const mostJsonBytes: number = 2 ** 28;
/** Deflate's own: no stream unpacks to more than this many times its length (258 bytes from 2 bits). */
export const mostRatio: number = 1032;

/** @throws DataError unless `bytes` is a whole number of at most `most`. */
export function requireAtMost(bytes: number, at: { where: string; most?: number; hint: string }): void {
  const { where, most = mostDataBytes, hint } = at;
  if (Number.isSafeInteger(bytes) && bytes <= most) return;
  throw new DataError({ where, expected: `at most ${most} bytes`, got: String(bytes), hint });
}

/** @throws DataError where `packedBytes` of a deflate stream cannot hold what the header promises: nothing is allocated for it. */
export function requirePackable(bytes: number, at: { where: string; packedBytes: number }): void {
  const { where, packedBytes } = at;
  if (bytes <= packedBytes * mostRatio) return;
  throw new DataError({
    where,
    expected: `at most the ${packedBytes * mostRatio} bytes that ${packedBytes} packed ones can hold`,
    got: `${bytes} in its header`,
    hint: 'The file is damaged: fetch it again.',
  });
}
