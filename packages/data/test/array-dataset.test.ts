import { expect, test } from 'vitest';
import { arrayDataset, channelStats } from '../src/index.ts';
import { dataError } from './fixtures.ts';

const images = Uint8Array.from([0, 255, 51, 102]);

test('images are copied to shared memory, classes are numbered, mean and std are measured', () => {
  const set = arrayDataset({ images, labels: [2, 0], shape: [1, 1, 2] });
  expect(set).toMatchObject({ name: 'array', count: 2, shape: [1, 1, 2], classes: ['0', '1', '2'] });
  expect([...set.images]).toEqual([0, 255, 51, 102]);
  expect([...set.labels]).toEqual([2, 0]);
  expect(set.images.buffer).toBeInstanceOf(SharedArrayBuffer);
  // (0 + 1 + .2 + .4) / 4 and √((0 + 1 + .04 + .16) / 4 − .16)
  expect([set.mean, set.std]).toEqual([[0.4], [0.3742]]);
});

test('float features keep their values and shape', () => {
  const set = arrayDataset({ features: [0.5, -1.25, 3, 4], labels: [0, 1], shape: [2], classes: ['no', 'yes'] });
  expect([...set.features]).toEqual([0.5, -1.25, 3, 4]);
  expect(set).toMatchObject({ count: 2, shape: [2], classes: ['no', 'yes'] });
});

test('statistics are per channel, and a constant channel has deviation 1', () => {
  const twoChannels = Uint8Array.from([255, 0, 0, 255]); // [2, 2, 1, 1]
  expect(channelStats(twoChannels, [2, 1, 1])).toEqual({ mean: [0.5, 0.5], std: [0.5, 0.5] });
  expect(channelStats(Uint8Array.from([51, 51]), [1, 1, 1])).toEqual({ mean: [0.2], std: [1] });
});

test.each([
  [
    'a label outside the classes',
    () => arrayDataset({ images, labels: [0, 3], shape: [1, 1, 2], classes: ['a', 'b'] }),
    'labels: expected labels that are whole numbers from 0 to 1, got 3 at index 1. Correct that label, or check that the file belongs to this dataset.',
  ],
  [
    'a label that is no whole number',
    () => arrayDataset({ images, labels: [0, 0.5], shape: [1, 1, 2], classes: ['a', 'b'] }),
    'labels: expected labels that are whole numbers from 0 to 1, got 0.5 at index 1. Correct that label, or check that the file belongs to this dataset.',
  ],
  [
    'too few pixels',
    () => arrayDataset({ images, labels: [0, 1, 2], shape: [1, 1, 2] }),
    'images: expected 6 values (3 × 1 × 1 × 2), got 4 values and 3 labels. Give one label a sample and images laid out as [count, 1, 1, 2].',
  ],
  [
    'no samples',
    () => arrayDataset({ features: [], labels: [], shape: [2] }),
    'features: expected at least one sample, got 0 values and 0 labels. Give one label a sample and features laid out as [count, 2].',
  ],
  [
    'a feature that is not finite',
    () => arrayDataset({ features: [1, Number.NaN], labels: [0, 1], shape: [1] }),
    'features: expected finite numbers, got NaN at index 1. Replace missing values before training.',
  ],
  [
    'a shape with a zero',
    () => arrayDataset({ images, labels: [0, 1], shape: [1, 0, 2] }),
    'shape: expected whole numbers from 1, got [1, 0, 2]. Give the shape of one sample, without the sample count.',
  ],
  [
    'one mean for three channels',
    () => arrayDataset({ images: new Uint8Array(3), labels: [0], shape: [3, 1, 1], mean: [0.5] }),
    'mean: expected 3 finite numbers, one a channel, got [0.5]. Leave it out to have it measured.',
  ],
  [
    'memory that is not aligned',
    () =>
      arrayDataset({
        images,
        labels: [0, 1],
        shape: [1, 1, 2],
        allocate: (n) => new Uint8Array(new SharedArrayBuffer(n + 1), 1),
      }),
    'allocate: expected memory at a multiple of 4 bytes, got offset 1. Round the allocator up to 4 bytes.',
  ],
])('%s is one clear line', async (_, make, message) => {
  expect((await dataError(make)).message).toBe(message);
});
