/** Images of classes, file by file, wherever the files come from → a data set. */
import { channelStats } from './channel-stats.ts';
import { DataError } from './data-error.ts';
import { type ImageDataset, limitedCount } from './dataset.ts';
import { decodePng, PNG_HEADER_BYTES, pngHeader } from './formats/png.ts';
import { mostDataBytes, requireAtMost } from './limits.ts';
import { type AllocateBytes, allocateInt32, allocateShared } from './storage.ts';

/** A PNG file of one image. */
export interface ImageFile {
  /** For errors. */
  readonly path: string;
  /** The folder that it lies in. */
  readonly class: string;
  readonly sizeBytes: number;
  /** Its first bytes, at most `count` of them. */
  readonly head: (count: number) => Uint8Array;
  readonly bytes: () => Uint8Array;
}

export interface ImageFilesOptions {
  readonly name: string;
  /** Where the files come from, for errors. */
  readonly where: string;
  /** Default: a SharedArrayBuffer of its own. */
  readonly allocate?: AllocateBytes;
  /** Only N images, taken class by class in turn. */
  readonly limit?: number;
  /** Per channel of pixel / 255; measured on these images if absent. Give the training split's to a test split. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** The classes there must be, in this order; default: those of the files, sorted. */
  readonly classes?: readonly string[];
}

/** A file of one image. */
export const mostFileBytes: number = 2 ** 26;
const mostImages = 2 ** 22;

/**
 * Grey or RGB images of 8 bits, all of one size. Classes and files in the order of their names' character codes.
 *
 * @throws DataError naming the file for images of another size or kind, that do not decode or are absurdly large (64 MiB a file, 2²⁴ pixels an
 * image, 2 GiB in all), and where there are no images.
 */
export function loadImageFiles(given: readonly ImageFile[], options: ImageFilesOptions): ImageDataset {
  const { allocate = allocateShared, name, where } = options;
  const there = [...new Set(given.map((file) => file.class))].sort();
  const classes = options.classes ?? there;
  requireKnown(there, classes, where);
  const files = inTurn(given, classes, where);
  const count = limitedCount(files.length, options.limit);
  const first = header(files[0]!.file);
  const [{ width, height }, channels] = [first, first.channels];
  const sampleBytes = channels * width * height;
  if (count > mostImages || count * sampleBytes > mostDataBytes)
    throw new DataError({
      where,
      expected: `at most ${mostDataBytes} bytes of pixels`,
      got: `${count} images of ${sampleBytes}`,
      hint: 'Make them smaller, or set a limit.',
    });
  const images = allocate(count * sampleBytes);
  const labels = allocateInt32(allocate, count);
  for (let i = 0; i < count; i++) {
    const { file, label } = files[i]!;
    const is = header(file);
    if (is.width !== width || is.height !== height || is.channels !== channels) {
      throw new DataError({
        where: file.path,
        expected: `${width} × ${height} pixels of ${kindOf(channels)}, as ${files[0]!.file.path}`,
        got: `${is.width} × ${is.height} of ${kindOf(is.channels)}`,
        hint: 'Bring all images to one size and kind.',
      });
    }
    const target = images.subarray(i * sampleBytes, (i + 1) * sampleBytes);
    planar(decodePng(file.bytes(), { where: file.path }).data, target, channels);
    labels[i] = label;
  }
  const shape = [channels, height, width] as const;
  const stats = options.mean && options.std ? { mean: options.mean, std: options.std } : channelStats(images, shape);
  return { name, images, labels, count, shape, classes, ...stats };
}

function requireKnown(there: readonly string[], classes: readonly string[], where: string): void {
  const unknown = there.find((name) => !classes.includes(name));
  if (unknown === undefined) return;
  throw new DataError({
    where,
    expected: `the classes ${classes.slice(0, 8).join(', ')}${classes.length > 8 ? ', …' : ''}`,
    got: unknown,
    hint: 'Both splits have the same classes.',
  });
}

/** The first image of every class, then the second, …: any number from the start holds all classes alike. */
function inTurn(
  given: readonly ImageFile[],
  classes: readonly string[],
  where: string,
): { file: ImageFile; label: number }[] {
  const byClass = new Map<string, ImageFile[]>(classes.map((name) => [name, []]));
  for (const file of given) byClass.get(file.class)!.push(file);
  for (const of of byClass.values()) of.sort((a, b) => (a.path < b.path ? -1 : 1));
  const lists = classes.map((name) => byClass.get(name)!);
  const files: { file: ImageFile; label: number }[] = [];
  const longest = lists.reduce((most, { length }) => Math.max(most, length), 0);
  for (let i = 0; i < longest; i++)
    lists.forEach((list, label) => {
      if (i < list.length) files.push({ file: list[i]!, label });
    });
  if (files.length > 0) return files;
  throw new DataError({
    where,
    expected: 'PNG images in the folders of classes',
    got: 'none',
    hint: 'Other formats are not read: convert them.',
  });
}

/** What a PNG file says of itself, before anything is decoded. */
function header({ path, sizeBytes, head }: ImageFile): { width: number; height: number; channels: number } {
  requireAtMost(sizeBytes, { where: path, most: mostFileBytes, hint: 'Make the image smaller.' });
  const found = pngHeader(head(PNG_HEADER_BYTES), path);
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
