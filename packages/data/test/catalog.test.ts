import { expect, test } from 'vitest';
import { allocateShared, type ImageDataset } from '../src/index.ts';
import { listDatasets, loadDataset } from '../src/node/index.ts';
import { dataError, folderWith } from './fixtures.ts';

const allocate = allocateShared;

test('MNIST comes along: 60 000 and 10 000 images whose first labels are 5 and 7', async () => {
  const train = await loadDataset('mnist', { split: 'train', allocate });
  expect(train).toMatchObject({ name: 'mnist', count: 60_000, shape: [1, 28, 28], mean: [0.1307], std: [0.3081] });
  expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  expect(classCounts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  expect(meanPixel(train)).toBeCloseTo(0.1307, 4);
  const held = await loadDataset('mnist', { split: 'test', allocate });
  expect(held.count).toBe(10_000);
  expect(classCounts(held)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  expect(held.labels[0]).toBe(7);
});

test('a limit takes the first images of MNIST', async () => {
  const { images, labels, count } = await loadDataset('mnist', { split: 'train', allocate, limit: 3 });
  expect([count, images.length, ...labels]).toEqual([3, 3 * 784, 5, 0, 4]);
});

test('an unknown name says what there is, and what was meant if it is near', async () => {
  const near = await dataError(() => loadDataset('mnits', { split: 'train', allocate }));
  expect(near.message).toBe(
    'dataset: expected mnist, fashion-mnist, cifar10 or the path of a folder, got "mnits". Did you mean mnist?',
  );
  expect((await dataError(() => loadDataset('CIFAR-10', { split: 'train', allocate }))).hint).toBe(
    'Did you mean cifar10?',
  );
  expect((await dataError(() => loadDataset('imagenet-21k', { split: 'train', allocate }))).hint).toBe(
    'List them with: lockstep data list',
  );
});

test('a dataset that was not fetched yet says how to fetch it', async () => {
  const cacheDir = folderWith({});
  const error = await dataError(() => loadDataset('cifar10', { split: 'train', allocate, cacheDir }));
  expect(error.message).toBe(
    `cifar10: expected its files in ${cacheDir}, got nothing there yet. Fetch them once (139 MB): lockstep data add cifar10`,
  );
});

test('the list says what is ready and what must be fetched', () => {
  const listed = listDatasets({ cacheDir: folderWith({}) });
  expect(listed.map(({ facts }) => facts.name)).toEqual(['mnist', 'fashion-mnist', 'cifar10']);
  expect(listed[0]).toMatchObject({ state: 'ready', downloadBytes: 0 });
  expect(listed[2]).toMatchObject({ state: 'fetch', downloadBytes: 138_940_914 });
});

function classCounts({ labels, classes }: ImageDataset): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label]! += 1;
  return counts;
}

function meanPixel({ images }: ImageDataset): number {
  return images.reduce((a, b) => a + b, 0) / images.length / 255;
}
