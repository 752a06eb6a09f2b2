/** Fashion-MNIST: 28 × 28 grey pictures of clothes (Xiao, Rasul, Vollgraf 2017). */
import type { DatasetFacts } from '../dataset.ts';

export const fashionMnist: DatasetFacts = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST clothes',
  shape: [1, 28, 28],
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  mean: [0.286],
  std: [0.353],
  counts: { train: 60_000, test: 10_000 },
};
