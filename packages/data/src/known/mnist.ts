/** MNIST: 28 × 28 grey handwritten digits (LeCun, Cortes, Burges). */
import type { DatasetFacts } from '../dataset.ts';

export const mnist: DatasetFacts = {
  name: 'mnist',
  title: 'MNIST handwritten digits',
  shape: [1, 28, 28],
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  mean: [0.1307],
  std: [0.3081],
  counts: { train: 60_000, test: 10_000 },
};
