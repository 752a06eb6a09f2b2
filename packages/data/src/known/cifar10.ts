/** CIFAR-10: 32 × 32 colour photographs of ten things (Krizhevsky 2009). */
import type { DatasetFacts } from '../dataset.ts';

export const cifar10: DatasetFacts = {
  name: 'cifar10',
  title: 'CIFAR-10 photographs',
  shape: [3, 32, 32],
  classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
  counts: { train: 50_000, test: 10_000 },
};
