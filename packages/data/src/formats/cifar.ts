/** The CIFAR-10 binary format: rows of one label byte and 3072 pixel bytes (red plane, green plane, blue plane). */
import { DataError } from '../data-error.ts';
import { requireLabel } from '../labels.ts';

export const CIFAR_IMAGE_BYTES: number = 3 * 32 * 32;
export const CIFAR_ROW_BYTES: number = 1 + CIFAR_IMAGE_BYTES;

/** Images in a file of `sizeBytes`; a DataError unless it is a whole number of rows ≥ 1. */
export function cifarRowCount(sizeBytes: number, where: string): number {
  const rows = Math.floor(sizeBytes / CIFAR_ROW_BYTES);
  if (rows > 0 && rows * CIFAR_ROW_BYTES === sizeBytes) return rows;
  throw new DataError({
    where,
    expected: `rows of ${CIFAR_ROW_BYTES} bytes (a label and 3 × 32 × 32 pixels)`,
    got: `${sizeBytes} bytes, which is ${rows} rows and ${sizeBytes - rows * CIFAR_ROW_BYTES} bytes`,
    hint: 'Fetch the file again, in its binary version.',
  });
}

export interface CifarTarget {
  /** [N, 3, 32, 32] */
  readonly images: Uint8Array;
  /** [N] */
  readonly labels: Int32Array;
  /** Where in the target the first of these rows goes. */
  readonly firstImage: number;
  /** Number of that row in its file, for the errors. */
  readonly firstRow: number;
  readonly where: string;
}

/** rows: [R, 3073] → R images and labels in the target; a DataError names a row whose label is not 0…9. */
export function decodeCifarRows(rows: Uint8Array, target: CifarTarget): void {
  const { images, labels, firstImage, firstRow, where } = target;
  const count = rows.length / CIFAR_ROW_BYTES;
  for (let r = 0; r < count; r++) {
    const start = r * CIFAR_ROW_BYTES;
    const label = rows[start]!;
    requireLabel(label, { where, index: firstRow + r, classCount: 10 });
    labels[firstImage + r] = label;
    images.set(rows.subarray(start + 1, start + CIFAR_ROW_BYTES), (firstImage + r) * CIFAR_IMAGE_BYTES);
  }
}
