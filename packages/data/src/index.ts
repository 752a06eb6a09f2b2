/** @lockstep/data: datasets in shared memory, formats and the batch plan; runs in browsers. Files are behind `/node`. */
export {
  arrayDataset,
  type FeatureArrayOptions,
  type ImageArrayOptions,
} from './array-dataset.ts';
export { type ChannelStats, channelStats } from './channel-stats.ts';
export type { CsvOptions } from './csv-rows.ts';
export { type FeatureTable, type SplitOptions, type StandardizedSplits, standardizedSplits } from './csv-table.ts';
export { parseCsv } from './csv-text.ts';
export { DataError, type DataErrorFields } from './data-error.ts';
export type { Dataset, DatasetFacts, FeatureDataset, ImageDataset, Split } from './dataset.ts';
export {
  CIFAR_IMAGE_BYTES,
  CIFAR_ROW_BYTES,
  type CifarTarget,
  cifarRowCount,
  decodeCifarRows,
} from './formats/cifar.ts';
export { type GunzipOptions, gunzip, isGzip } from './formats/gzip.ts';
export { type IdxDatasetOptions, type IdxHeader, idxDataset, parseIdxHeader } from './formats/idx.ts';
export { decodePng, type Pixels } from './formats/png.ts';
export { type SpriteOptions, spriteToPlanar } from './formats/sprite.ts';
export { type ImageFile, type ImageFilesOptions, loadImageFiles } from './image-files.ts';
export { cifar10 } from './known/cifar10.ts';
export { fashionMnist } from './known/fashion-mnist.ts';
export { mnist } from './known/mnist.ts';
export { type BatchOptions, type BatchPlan, batches } from './sampler.ts';
export { type AllocateBytes, allocateShared } from './storage.ts';
export {
  type NamedArray,
  type NamedArrayOptions,
  type TensorDataset,
  type TensorDatasetOptions,
  tensorDataset,
} from './tensor-dataset.ts';
