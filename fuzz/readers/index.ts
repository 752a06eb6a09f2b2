/** The readers, by name. A reader of files that may come from anywhere joins by one line. */
import type { OpenReader } from '../reader.ts';
import * as data from './data-files.ts';
import * as run from './run-files.ts';

export const readers: Readonly<Record<string, OpenReader>> = {
  idx: data.idx,
  'idx-file': data.idxFile,
  'idx-packed': data.idxPacked,
  cifar: data.cifar,
  png: data.png,
  'image-folder': data.imageFolder,
  csv: data.csv,
  'cache-manifest': data.cacheManifest,
  'label-list': data.labelList,
  tarball: data.tarball,
  safetensors: run.safetensors,
  'checkpoint-manifest': run.checkpointManifest,
  'checkpoint-folder': run.checkpointFolder,
  'resumed-state': run.resumedState,
  'run-record': run.runRecord,
  'run-lock': run.runLock,
  metrics: run.metrics,
};

export const names: readonly string[] = Object.keys(readers);
