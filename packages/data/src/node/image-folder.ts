/** A folder of folders of PNG images, one for each class, as torchvision's `ImageFolder`. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { channelStats } from '../channel-stats.ts';
import { DataError, messageOf } from '../data-error.ts';
import { type ImageDataset, limitedCount } from '../dataset.ts';
import { decodePng, PNG_HEADER_BYTES, pngHeader } from '../formats/png.ts';
import { mostDataBytes } from '../limits.ts';
import { type AllocateBytes, allocateInt32, allocateShared } from '../storage.ts';
import { readFileInto, readWholeFile } from './read-file.ts';

export interface ImageFolderOptions {
  /** Default: a SharedArrayBuffer of its own. */
  readonly allocate?: AllocateBytes;
  /** Only N images, taken class by class in turn. */
  readonly limit?: number;
  /** Per channel of pixel / 255; measured on these images if absent. Give the training split's to a test split. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** The classes there must be, in this order; default: the folders' names, sorted. */
  readonly classes?: readonly string[];
}

const mostFileBytes = 2 ** 26;
const mostImages = 2 ** 22;

/**
 * Reads `folder/<class>/<name>.png`: grey or RGB images of 8 bits, all of one size. Classes and files in the order of their names' character codes.
 *
 * @throws DataError naming the file for images of another size or kind, that do not decode or are absurdly large (64 MiB a file, 2²⁴ pixels an
 * image, 2 GiB in all), and for folders without classes or images.
 */
export function loadImageFolder(folder: string, options: ImageFolderOptions = {}): ImageDataset {
  const { allocate = allocateShared } = options;
  const there = subfolders(folder);
  const classes = options.classes ?? there;
  const unknown = there.find((name) => !classes.includes(name));
  if (unknown !== undefined) {
    throw new DataError({
      where: folder,
      expected: `the classes ${classes.slice(0, 8).join(', ')}${classes.length > 8 ? ', …' : ''}`,
      got: unknown,
      hint: 'Both splits have the same classes.',
    });
  }
  if (classes.length === 0)
    throw new DataError({
      where: folder,
      expected: 'a folder for each class',
      got: 'none',
      hint: 'Put images into <folder>/<class>/.',
    });
  const files = inTurn(folder, classes);
  const count = limitedCount(files.length, options.limit);
  const first = header(files[0]!.path);
  const [{ width, height }, channels] = [first, first.channels];
  const sampleBytes = channels * width * height;
  if (count > mostImages || count * sampleBytes > mostDataBytes)
    throw new DataError({
      where: folder,
      expected: `at most ${mostDataBytes} bytes of pixels`,
      got: `${count} images of ${sampleBytes}`,
      hint: 'Make them smaller, or set a limit.',
    });
  const images = allocate(count * sampleBytes);
  const labels = allocateInt32(allocate, count);
  for (let i = 0; i < count; i++) {
    const { path, label } = files[i]!;
    const is = header(path);
    if (is.width !== width || is.height !== height || is.channels !== channels) {
      throw new DataError({
        where: path,
        expected: `${width} × ${height} pixels of ${kindOf(channels)}, as ${files[0]!.path}`,
        got: `${is.width} × ${is.height} of ${kindOf(is.channels)}`,
        hint: 'Bring all images to one size and kind.',
      });
    }
    planar(
      decodePng(readWholeFile(path, mostFileBytes), { where: path }).data,
      images.subarray(i * sampleBytes, (i + 1) * sampleBytes),
      channels,
    );
    labels[i] = label;
  }
  const shape = [channels, height, width] as const;
  const stats = options.mean && options.std ? { mean: options.mean, std: options.std } : channelStats(images, shape);
  return { name: basename(resolve(folder)), images, labels, count, shape, classes, ...stats };
}

/** Names of the folders inside, sorted. */
export function subfolders(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/** Those that are there: the first image of every class, then the second, …: any number from the start holds all classes alike. */
function inTurn(folder: string, classes: readonly string[]): { path: string; label: number }[] {
  const there = new Set(subfolders(folder));
  const byClass = classes.map((name) =>
    (there.has(name) ? entriesOf(join(folder, name)) : [])
      .filter((entry) => entry.isFile() && /\.png$/i.test(entry.name))
      .map((entry) => join(folder, name, entry.name))
      .sort(),
  );
  const files: { path: string; label: number }[] = [];
  const longest = byClass.reduce((most, { length }) => Math.max(most, length), 0);
  for (let i = 0; i < longest; i++)
    byClass.forEach((paths, label) => {
      if (i < paths.length) files.push({ path: paths[i]!, label });
    });
  if (files.length > 0) return files;
  throw new DataError({
    where: folder,
    expected: 'PNG images in the folders of classes',
    got: 'none',
    hint: 'Other formats are not read: convert them.',
  });
}

/** What a PNG file says of itself, before anything is decoded. */
function header(path: string): { width: number; height: number; channels: number } {
  const start = new Uint8Array(PNG_HEADER_BYTES);
  const found = pngHeader(start.subarray(0, readFileInto({ path, into: start })), path);
  if (found.channels === 1 || found.channels === 3) return found;
  const hint = 'Save it without.';
  throw new DataError({ where: path, expected: 'grey or RGB pixels', got: 'an alpha channel', hint });
}

function kindOf(channels: number): string {
  return channels === 1 ? 'grey' : 'RGB';
}

/** [pixels][channels] → [channels][pixels]. */
function planar(from: Uint8Array, to: Uint8Array, channels: number): void {
  const pixels = to.length / channels;
  for (let c = 0; c < channels; c++) for (let p = 0; p < pixels; p++) to[c * pixels + p] = from[p * channels + c]!;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new DataError({
      where: folder,
      expected: 'a folder that can be read',
      got: messageOf(cause),
      hint: 'Check the path.',
      cause,
    });
  }
}
