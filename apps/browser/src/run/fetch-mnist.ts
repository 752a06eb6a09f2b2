/** The four MNIST files of the site → data sets that are decoded straight into the arena. */
import { type AllocateBytes, type ImageDataset, idxDataset, mnist, type Split } from '@lockstep/data';

export interface FetchOptions {
  /** Where the files lie, ending in a slash. */
  readonly folder: URL;
  readonly allocate: AllocateBytes;
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

export async function fetchMnist(split: Split, options: FetchOptions): Promise<ImageDataset> {
  const { folder, allocate, limit, signal } = options;
  const prefix = split === 'train' ? 'train' : 't10k';
  const where = { images: `${prefix}-images-idx3-ubyte`, labels: `${prefix}-labels-idx1-ubyte` };
  const [images, labels] = await Promise.all(
    [where.images, where.labels].map((name) => fetchBytes(new URL(name, folder), signal)),
  );
  return idxDataset({
    images: images!,
    labels: labels!,
    where,
    facts: mnist,
    allocate,
    ...(limit === undefined ? {} : { limit }),
  });
}

async function fetchBytes(url: URL, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`could not load ${url.pathname}: the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
