/** Chosen files of a packed tar archive → a folder. Nothing else of it reaches the disk, whatever the archive says. */
import { once } from 'node:events';
import type { ReadEntry } from 'tar';
import { DataError } from '../data-error.ts';
import { requireAtMost } from '../limits.ts';
import { requireInstalled } from './installed.ts';

export interface TarballStream extends AsyncIterable<Uint8Array> {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface ExtractOptions {
  /** What it is, for the errors. */
  readonly where: string;
  /** Paths inside the archive's one folder. */
  readonly wanted: readonly string[];
  /** An existing folder. */
  readonly into: string;
  /** Packed bytes so far. */
  readonly onBytes?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Packed bytes that are taken. */
const mostPackedBytes = 2 ** 30;
/** Content of all entries together, also of those that are not wanted. */
const mostUnpackedBytes = 2 ** 32;
const mostEntries = 100_000;
/** Packed bytes that are unpacked at a time: zlib gives all that comes of them in one block, 4 MiB at most. */
const pieceBytes = 2 ** 12;

/**
 * Only plain files with exactly the wanted paths are written: no link, no `..`, no other name. Takes 128 MiB at most, whatever the archive; one of more than
 * 1 GiB packed, 4 GiB of content or 100 000 entries is left off.
 *
 * @returns the wanted paths that were there.
 * @throws DataError beyond the bounds, and the error of tar or zlib for a damaged archive.
 */
export async function extractFiles(tarball: TarballStream, options: ExtractOptions): Promise<ReadonlySet<string>> {
  const { where, into, onBytes, signal } = options;
  const tar = requireInstalled<typeof import('tar')>('tar');
  const wanted = new Set(options.wanted);
  const extracted = new Set<string>();
  let entries = 0;
  let unpackedBytes = 0;
  const broken = Promise.withResolvers<never>();
  const hint = 'Nothing was kept: the package is not what it was.';
  const countEntry = (bytes: number): boolean => {
    entries++;
    unpackedBytes += bytes;
    try {
      requireAtMost(unpackedBytes, { where, most: mostUnpackedBytes, hint });
      if (entries <= mostEntries) return true;
      throw new DataError({ where, expected: `at most ${mostEntries} entries`, got: 'more', hint });
    } catch (thrown) {
      broken.reject(thrown);
      return false;
    }
  };
  const filter = (path: string, entry: unknown): boolean => {
    const { type, size } = entry as ReadEntry;
    const inside = path.slice(path.indexOf('/') + 1);
    if (!countEntry(size) || !wanted.has(inside) || (type !== 'File' && type !== 'OldFile')) return false;
    extracted.add(inside);
    return true;
  };
  const extractor = tar.extract({ cwd: into, strip: 1, filter, strict: true, preserveOwner: false });
  const closed = new Promise<void>((resolve, reject) => {
    extractor.on('close', resolve);
    extractor.on('error', reject);
  });
  // An abort or a cut connection may come while nothing awaits the next chunk: it must be heard all the same.
  const failed = new Promise<never>((_, reject) => tarball.on('error', reject));
  const copy = async (): Promise<void> => {
    let done = 0;
    for await (const chunk of tarball) {
      signal?.throwIfAborted();
      done += chunk.length;
      requireAtMost(done, { where, most: mostPackedBytes, hint });
      onBytes?.(done);
      for (let at = 0; at < chunk.length; at += pieceBytes)
        if (!extractor.write(Buffer.from(chunk.subarray(at, at + pieceBytes)))) await once(extractor, 'drain');
    }
    extractor.end();
    await closed;
  };
  await Promise.race([copy(), failed, closed, broken.promise]);
  return extracted;
}
