/** The IDX files of a served data set → data sets that are decoded straight into the arena. */
import {
  type AllocateBytes,
  cifar10,
  type DatasetFacts,
  fashionMnist,
  type ImageDataset,
  idxDataset,
  mnist,
  type Split,
} from '@lockstep/data';
import type { ServedName } from '../run/settings.ts';

export interface FetchOptions {
  readonly name: ServedName;
  /** Where the files lie, ending in a slash. */
  readonly folder: URL;
  readonly allocate: AllocateBytes;
  readonly limit: number | undefined;
}

const facts: Readonly<Record<ServedName, DatasetFacts>> = {
  mnist,
  'fashion-mnist': fashionMnist,
  cifar10,
};

export async function fetchIdx(split: Split, options: FetchOptions): Promise<ImageDataset> {
  const { name, folder, allocate, limit } = options;
  const prefix = split === 'train' ? 'train' : 't10k';
  // Images of several channels have one axis more.
  const rank = facts[name].shape[0] === 1 ? 3 : 4;
  const where = { images: `${prefix}-images-idx${rank}-ubyte`, labels: `${prefix}-labels-idx1-ubyte` };
  const [images, labels] = await Promise.all(
    [where.images, where.labels].map((file) => fetchBytes(new URL(file, folder))),
  );
  return idxDataset({
    images: images!,
    labels: labels!,
    where,
    facts: facts[name],
    allocate,
    ...(limit === undefined ? {} : { limit }),
  });
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`could not load ${url.pathname}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
