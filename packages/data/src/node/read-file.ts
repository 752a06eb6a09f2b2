/** Bytes of a file → straight into the caller's shared memory (Node reads into views on a SharedArrayBuffer). */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { parseJson } from '@lockstep/core/json';
import { DataError, messageOf } from '../data-error.ts';
import { mostJsonBytes, requireAtMost } from '../limits.ts';

export interface ReadFileOptions {
  readonly path: string;
  readonly offsetBytes?: number;
  /** As many bytes as it holds are read. */
  readonly into: Uint8Array;
}

/** Returns how many bytes came: fewer than `into` holds only at the end of the file. */
export function readFileInto({ path, offsetBytes = 0, into }: ReadFileOptions): number {
  return withFile(path, (file) => {
    let length = 0;
    while (length < into.length) {
      const got = readSync(file, into, length, into.length - length, offsetBytes + length);
      if (got === 0) break;
      length += got;
    }
    return length;
  });
}

/** All of a file; a DataError if it cannot be read or is larger than `mostBytes`, which is looked at first. */
export function readWholeFile(path: string, mostBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = fileSizeBytes(path);
  requireAtMost(bytes, { where: path, most: mostBytes, hint: 'Check that this is the right file.' });
  const content = new Uint8Array(bytes);
  return content.subarray(0, readFileInto({ path, into: content }));
}

/** A file of JSON; SyntaxError for another one, and a DataError beyond `mostBytes`. */
export function readJson(path: string, mostBytes: number = mostJsonBytes): unknown {
  return parseJson(new TextDecoder().decode(readWholeFile(path, mostBytes)));
}

/** Size in bytes; a DataError if the file is absent, a folder, or not ours to read. */
export function fileSizeBytes(path: string): number {
  return withFile(path, () => statSync(path).size);
}

function withFile<T>(path: string, use: (file: number) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return use(file);
  } catch (cause) {
    throw new DataError({
      where: path,
      expected: 'a file that can be read',
      got: messageOf(cause),
      hint: 'Check the path and its permissions.',
      cause,
    });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
