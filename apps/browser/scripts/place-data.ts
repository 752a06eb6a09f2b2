/** Data sets as a site serves them: the four IDX files of each, from what this machine has. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocateShared, type ImageDataset, type Split } from '@lockstep/data';
import { listDatasets, loadDataset } from '@lockstep/data/node';
import type { ServedName } from '../src/run/settings.ts';

/** Whether a data set can be served without fetching it first (`lockstep data add`). */
export function thereOnThisMachine(name: ServedName): boolean {
  return listDatasets().some(({ facts, state }) => facts.name === name && state === 'ready');
}

/** Writes what is not there yet, and the list that the page asks for. */
export async function placeData(folder: string, names: readonly ServedName[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of names) if (!existsSync(join(folder, name))) await placeDataset(folder, name);
  writeFileSync(join(folder, 'index.json'), `${JSON.stringify(names)}\n`);
}

async function placeDataset(folder: string, name: ServedName): Promise<void> {
  const incoming = join(folder, `.${name}-${process.pid}`);
  mkdirSync(incoming, { recursive: true });
  for (const split of ['train', 'test'] as const) {
    const data = await loadDataset(name, { split, allocate: allocateShared });
    for (const [file, bytes] of idxFiles(split, data)) writeFileSync(join(incoming, file), bytes);
  }
  // Whole or not there, also where several builds run at once.
  if (existsSync(join(folder, name))) rmSync(incoming, { recursive: true });
  else renameSync(incoming, join(folder, name));
}

function idxFiles(split: Split, { images, labels, count, shape }: ImageDataset): [string, Uint8Array][] {
  const prefix = split === 'train' ? 'train' : 't10k';
  const sizes = shape[0] === 1 ? [count, ...shape.slice(1)] : [count, ...shape];
  return [
    [`${prefix}-images-idx${sizes.length}-ubyte`, idx(sizes, images)],
    [`${prefix}-labels-idx1-ubyte`, idx([count], Uint8Array.from(labels))],
  ];
}

/** Unsigned bytes: 00 00 08, the rank, the sizes, the values. */
function idx(sizes: readonly number[], values: Uint8Array): Uint8Array {
  const headerBytes = 4 + 4 * sizes.length;
  const file = new Uint8Array(headerBytes + values.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x0800 | sizes.length);
  for (const [i, size] of sizes.entries()) view.setUint32(4 + 4 * i, size);
  file.set(values, headerBytes);
  return file;
}
