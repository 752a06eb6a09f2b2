/** A folder of the user's own: the four IDX files (also .gz), CIFAR-10's binaries or folders of classes, recognised by their names. */
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type ChannelStats, channelStats } from '../../channel-stats.ts';
import { DataError, messageOf } from '../../data-error.ts';
import type { ImageDataset, Split } from '../../dataset.ts';
import { idxImageShape } from '../../formats/idx.ts';
import { loadCifarFiles } from '../cifar-files.ts';
import { type IdxFiles, idxClassCount, loadIdxFiles, readIdx } from '../idx-files.ts';
import { loadImageFolder, subfolders } from '../image-folder.ts';
import type { ReadOptions } from '../source.ts';

/** Mean and std of IDX images are measured on the whole training split, whatever the split and limit asked for. */
export async function loadFolder(folder: string, options: ReadOptions): Promise<ImageDataset> {
  const { split, ...rest } = options;
  const entries = listFolder(folder);
  const name = basename(resolve(folder));
  const idx = findIdx(folder, { entries, split });
  const train = findIdx(folder, { entries, split: 'train' });
  if (idx && train) {
    const classes = Array.from({ length: await idxClassCount(train.labels) }, (_, i) => String(i));
    const stats = await trainingStats(train.images);
    return loadIdxFiles(idx, { facts: { name, classes, ...stats }, ...rest });
  }
  const cifar = findCifar(folder, { entries, split });
  if (cifar.length > 0) return loadCifarFiles(cifar, { name, ...rest });
  if (subfolders(folder).includes('train')) return loadClassFolders(folder, { name, ...options });
  throw new DataError({
    where: folder,
    expected:
      'IDX files (train-images-idx3-ubyte, …, also .gz), CIFAR-10 binaries (data_batch_1.bin, …) or train/<class>/*.png and test/<class>/*.png',
    got:
      entries.length === 0 ? 'an empty folder' : `${entries.slice(0, 4).join(', ')}${entries.length > 4 ? ', …' : ''}`,
    hint: `Both splits are needed${split === 'test' ? ', t10k-… or test_batch.bin for the test split' : ''}.`,
  });
}

/** train/<class>/*.png, and test or val beside it. Mean and std are the training split's, all of it. */
function loadClassFolders(folder: string, { name, split, ...how }: ReadOptions & { name: string }): ImageDataset {
  const training = join(folder, 'train');
  const train = loadImageFolder(training, split === 'train' && how.limit === undefined ? how : {});
  const { classes, mean, std } = train;
  if (split === 'train')
    return { ...(how.limit === undefined ? train : loadImageFolder(training, { ...how, classes, mean, std })), name };
  const test = subfolders(folder).find((found) => found === 'test' || found === 'val') ?? 'test';
  return { ...loadImageFolder(join(folder, test), { ...how, classes, mean, std }), name };
}

interface FindOptions {
  readonly entries: readonly string[];
  readonly split: Split;
}

function findIdx(folder: string, { entries, split }: FindOptions): IdxFiles | undefined {
  const prefix = split === 'train' ? 'train' : 't10k';
  const find = (kind: string): string | undefined => {
    // Some editions write a dot before idx; plain files come before packed ones.
    const names = [`${kind}-ubyte`, `${kind.replace('-idx', '.idx')}-ubyte`].map((n) => `${prefix}-${n}`);
    return [...names, ...names.map((n) => `${n}.gz`)].find((n) => entries.includes(n));
  };
  const images = find('images-idx3');
  const labels = find('labels-idx1');
  return images && labels ? { images: join(folder, images), labels: join(folder, labels) } : undefined;
}

function findCifar(folder: string, { entries, split }: FindOptions): string[] {
  const pattern = split === 'train' ? /^data_batch_\d+\.bin$/ : /^test_batch\.bin$/;
  const numberOf = (name: string): number => Number(/\d+/.exec(name)?.[0] ?? 0);
  const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b);
  return entries
    .filter((name) => pattern.test(name))
    .sort(byNumber)
    .map((name) => join(folder, name));
}

async function trainingStats(path: string): Promise<ChannelStats> {
  const { dims, data } = await readIdx(path, { allocate: (bytes) => new Uint8Array(bytes) });
  return channelStats(data, idxImageShape(dims, path));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    throw new DataError({
      where: folder,
      expected: 'a folder that can be read',
      got: messageOf(cause),
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}
