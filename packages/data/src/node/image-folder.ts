/** A folder of folders of PNG images, one for each class, as torchvision's `ImageFolder`. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DataError, messageOf } from '../data-error.ts';
import type { ImageDataset } from '../dataset.ts';
import { type ImageFile, type ImageFilesOptions, loadImageFiles, mostFileBytes } from '../image-files.ts';
import { fileSizeBytes, readFileInto, readWholeFile } from './read-file.ts';

/** Classes by default: the folders' names, sorted. */
export type ImageFolderOptions = Omit<ImageFilesOptions, 'name' | 'where'>;

/** Reads `folder/<class>/<name>.png` as `loadImageFiles` does. @throws its DataErrors, and one for a folder without folders. */
export function loadImageFolder(folder: string, options: ImageFolderOptions = {}): ImageDataset {
  const there = subfolders(folder);
  const { classes = there } = options;
  if (classes.length === 0)
    throw new DataError({
      where: folder,
      expected: 'a folder for each class',
      got: 'none',
      hint: 'Put images into <folder>/<class>/.',
    });
  const files = there.flatMap((name) => imagesIn(join(folder, name)).map((path) => imageFile(path, name)));
  return loadImageFiles(files, { ...options, classes, where: folder, name: basename(resolve(folder)) });
}

/** Names of the folders inside, sorted. */
export function subfolders(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

function imagesIn(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isFile() && /\.png$/i.test(entry.name))
    .map((entry) => join(folder, entry.name));
}

function imageFile(path: string, name: string): ImageFile {
  return {
    path,
    class: name,
    get sizeBytes() {
      return fileSizeBytes(path);
    },
    head(count) {
      const into = new Uint8Array(count);
      return into.subarray(0, readFileInto({ path, into }));
    },
    bytes: () => readWholeFile(path, mostFileBytes),
  };
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
