/** Augmentation of training samples. */
export { augmentedSource, isBatchTransform } from './augment-source.ts';
export { type MixAddresses, MixTable } from './mix-table.ts';
export { mixedCorrect, mixedLoss } from './mixed-loss.ts';
export {
  type Augmentation,
  type BatchTransform,
  type ColorJitter,
  type CutMix,
  type Cutout,
  colorJitter,
  cutmix,
  cutout,
  type Fill,
  type ImageTransform,
  type Interval,
  type Mixup,
  mixup,
  type RandomAffine,
  type RandomAffineOptions,
  type RandomCrop,
  type RandomErasing,
  type RandomFlip,
  randomAffine,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  randomRotation,
  randomVerticalFlip,
} from './transforms.ts';
