/** CIFAR-10 binary files, one after another → a dataset; the rows pass through one reused buffer of about 1 MB. */
import { type ImageDataset, limitedCount } from '../dataset.ts';
import { CIFAR_IMAGE_BYTES, CIFAR_ROW_BYTES, cifarRowCount, decodeCifarRows } from '../formats/cifar.ts';
import { cifar10 } from '../known/cifar10.ts';
import { requireAtMost } from '../limits.ts';
import { type AllocateBytes, allocateInt32 } from '../storage.ts';
import { fileSizeBytes, readFileInto } from './read-file.ts';

const ROWS_AT_ONCE = 341;

export interface LoadCifarOptions {
  readonly name: string;
  readonly allocate: AllocateBytes;
  readonly limit?: number;
}

/** Classes, mean and std are CIFAR-10's published ones. A DataError names the file and row at fault; 2 GiB of pixels are the most that is read. */
export function loadCifarFiles(paths: readonly string[], { name, allocate, limit }: LoadCifarOptions): ImageDataset {
  const rowCounts = paths.map((path) => cifarRowCount(fileSizeBytes(path), path));
  const total = rowCounts.reduce((a, b) => a + b, 0);
  const count = limitedCount(total, limit);
  const hint = 'Set a limit.';
  requireAtMost(count * CIFAR_IMAGE_BYTES, { where: paths.join(', '), hint });
  const images = allocate(count * CIFAR_IMAGE_BYTES);
  const labels = allocateInt32(allocate, count);
  const buffer = new Uint8Array(ROWS_AT_ONCE * CIFAR_ROW_BYTES);
  let done = 0;
  for (const [i, where] of paths.entries()) {
    const rows = Math.min(rowCounts[i]!, count - done);
    for (let firstRow = 0; firstRow < rows; firstRow += ROWS_AT_ONCE) {
      const block = buffer.subarray(0, Math.min(ROWS_AT_ONCE, rows - firstRow) * CIFAR_ROW_BYTES);
      readFileInto({ path: where, offsetBytes: firstRow * CIFAR_ROW_BYTES, into: block });
      decodeCifarRows(block, { images, labels, firstImage: done + firstRow, firstRow, where });
    }
    done += rows;
  }
  const { shape, classes, mean, std } = cifar10;
  return { name, images, labels, count, shape, classes, mean, std };
}
