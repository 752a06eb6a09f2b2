/** Tiny files for the tests, made on the spot. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DataError } from '../src/index.ts';

/** The bytes of an IDX file of unsigned bytes. */
export function idx(dims: readonly number[], values: readonly number[], type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + values.length);
  bytes.set([0, 0, type, dims.length]);
  const view = new DataView(bytes.buffer);
  dims.forEach((d, i) => {
    view.setUint32(4 + 4 * i, d);
  });
  bytes.set(values, 4 + 4 * dims.length);
  return bytes;
}

/** Two images of 2 × 2. */
export const twoImages: Uint8Array = idx([2, 2, 2], [0, 1, 2, 3, 252, 253, 254, 255]);
export const twoLabels: Uint8Array = idx([2], [1, 0]);

/** A folder with these files, removed when the test ends. */
export function folderWith(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** The DataError that `action` throws. */
export async function dataError(action: () => unknown): Promise<DataError> {
  try {
    await action();
  } catch (thrown) {
    if (thrown instanceof DataError) return thrown;
    throw thrown;
  }
  throw new Error('expected a DataError, nothing was thrown');
}
