/** The user's cache of fetched datasets: raw planar pixels, label bytes and a manifest; whole or not there at all. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { DataError, messageOf, shortened } from '../data-error.ts';
import { type DatasetFacts, type ImageDataset, limitedCount, type Split } from '../dataset.ts';
import { checkedLabels } from '../labels.ts';
import type { AllocateBytes } from '../storage.ts';
import { fileSizeBytes, readFileInto, readJson } from './read-file.ts';

const FORMAT = 1;
const SPLITS: readonly Split[] = ['train', 'test'];
const DAY_MS = 86_400_000;
const mostManifestBytes = 2 ** 16;

interface Manifest {
  readonly format: number;
  readonly name: string;
  readonly source: string;
  readonly counts: Readonly<Record<Split, number>>;
  /** File name → sha256 in hex. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** `$XDG_CACHE_HOME/lockstep` on Linux, the system's own place elsewhere. */
export function defaultCacheFolder(): string {
  return envPaths('lockstep', { suffix: '' }).cache;
}

/** File names inside a dataset's folder. */
export function cacheFiles(split: Split): { images: string; labels: string } {
  return { images: `${split}-images.u8`, labels: `${split}-labels.u8` };
}

export function isCached(cacheFolder: string, name: string): boolean {
  return existsSync(join(cacheFolder, name, 'manifest.json'));
}

export interface FillCacheOptions {
  readonly cacheFolder: string;
  readonly facts: DatasetFacts;
  /** Where the data came from, for the manifest. */
  readonly source: string;
  /** Writes the files of `cacheFiles` for both splits into `folder`; `scratch` is removed afterwards. */
  readonly write: (folder: string, scratch: string) => Promise<void>;
}

/** Writes into a temporary folder and renames it when all is there; on failure nothing is left of it, and what was there before is. */
export async function fillCache({ cacheFolder, facts, source, write }: FillCacheOptions): Promise<string> {
  const target = join(cacheFolder, facts.name);
  const incoming = await incomingFolder(cacheFolder, facts.name);
  try {
    const folder = join(incoming, 'dataset');
    const scratch = join(incoming, 'scratch');
    await mkdir(folder);
    await mkdir(scratch);
    await write(folder, scratch);
    const sha256: Record<string, string> = {};
    for (const split of SPLITS) {
      for (const file of Object.values(cacheFiles(split))) sha256[file] = await fileSha256(join(folder, file));
    }
    const manifest: Manifest = { format: FORMAT, name: facts.name, source, counts: facts.counts, sha256 };
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await replaceFolder(folder, { target, aside: join(incoming, 'before') });
    return target;
  } catch (thrown) {
    throw storageError(target, thrown);
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** Puts a folder into the place of another; that one is back where it was if it cannot be done. */
async function replaceFolder(folder: string, { target, aside }: { target: string; aside: string }): Promise<void> {
  const replaces = existsSync(target);
  if (replaces) await rename(target, aside);
  try {
    await rename(folder, target);
  } catch (thrown) {
    if (replaces) await rename(aside, target);
    throw thrown;
  }
}

export interface LoadCachedOptions {
  readonly cacheFolder: string;
  readonly facts: DatasetFacts;
  readonly split: Split;
  readonly allocate: AllocateBytes;
  readonly limit?: number;
}

/**
 * Sizes are always checked before memory is taken, the sha256 of whatever is read whole; a DataError says how to fetch the dataset again. What a
 * manifest says must be what the facts say, so that no number of a file decides how much is allocated.
 */
export function loadCached({ cacheFolder, facts, split, allocate, limit }: LoadCachedOptions): ImageDataset {
  const folder = join(cacheFolder, facts.name);
  const { counts, sha256 } = readManifest(folder, facts);
  const names = cacheFiles(split);
  const imageBytes = facts.shape.reduce((a, b) => a * b, 1);
  const count = limitedCount(counts[split], limit);
  const read = (file: string, itemBytes: number, allocateFor: AllocateBytes): Uint8Array => {
    const path = join(folder, file);
    const gotBytes = fileSizeBytes(path);
    const expectedBytes = counts[split] * itemBytes;
    const into = gotBytes === expectedBytes ? allocateFor(count * itemBytes) : new Uint8Array();
    readFileInto({ path, into });
    const changed = count === counts[split] && createHash('sha256').update(into).digest('hex') !== sha256[file];
    if (gotBytes === expectedBytes && !changed) return into;
    const got = gotBytes === expectedBytes ? 'changed bytes' : `${gotBytes} bytes`;
    throw damaged(path, { name: facts.name, expected: `the ${expectedBytes} bytes that were fetched`, got });
  };
  const labelBytes = read(names.labels, 1, (bytes) => new Uint8Array(bytes));
  const where = join(folder, names.labels);
  const labels = checkedLabels(labelBytes, { where, classCount: facts.classes.length, allocate });
  const images = read(names.images, imageBytes, allocate);
  const { name, shape, classes, mean, std } = facts;
  return { name, images, labels, count, shape, classes, mean, std };
}

function readManifest(folder: string, { name, counts }: DatasetFacts): Manifest {
  const path = join(folder, 'manifest.json');
  try {
    const manifest = readJson(path, mostManifestBytes) as Manifest;
    const asKnown = SPLITS.every((split) => manifest.counts?.[split] === counts[split]);
    if (manifest.format === FORMAT && asKnown && typeof manifest.sha256 === 'object' && manifest.sha256)
      return manifest;
    throw new Error(manifest.format === FORMAT ? 'one of other data' : `format ${shortened(String(manifest.format))}`);
  } catch (thrown) {
    throw damaged(path, { name, expected: `a manifest of format ${FORMAT}`, got: messageOf(thrown) });
  }
}

function damaged(where: string, at: { name: string; expected: string; got: string }): DataError {
  const { expected, got } = at;
  return new DataError({ where, expected, got, hint: `Fetch it again: lockstep data add ${at.name} --force` });
}

/** A full disk or the like, said in our words; anything else passes as it is. */
function storageError(where: string, thrown: unknown): unknown {
  if (thrown instanceof DataError || !(thrown instanceof Error && 'syscall' in thrown)) return thrown;
  return new DataError({
    where,
    expected: 'room and the right to write',
    got: thrown.message,
    hint: 'Nothing was kept. Make room or choose another cache folder with XDG_CACHE_HOME.',
    cause: thrown,
  });
}

/** A fresh folder beside the target, so that the final rename stays on one file system. */
async function incomingFolder(cacheFolder: string, name: string): Promise<string> {
  try {
    await mkdir(cacheFolder, { recursive: true });
    await removeAbandoned(cacheFolder);
    return await mkdtemp(join(cacheFolder, `.incoming-${name}-`));
  } catch (cause) {
    throw new DataError({
      where: cacheFolder,
      expected: 'a cache folder that can be written',
      got: messageOf(cause),
      hint: 'Choose another with XDG_CACHE_HOME.',
      cause,
    });
  }
}

/** What a killed fetch left behind, once it is a day old and no running fetch can be using it. */
async function removeAbandoned(cacheFolder: string): Promise<void> {
  for (const entry of await readdir(cacheFolder)) {
    if (!entry.startsWith('.incoming-')) continue;
    const path = join(cacheFolder, entry);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > DAY_MS) await rm(path, { recursive: true, force: true });
  }
}

async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
