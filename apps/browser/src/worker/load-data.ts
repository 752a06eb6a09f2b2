/** From what was chosen to data sets in the arena. */
import { defaultArena } from '@lockstep/core';
import { arrayDataset, type Dataset, type ImageFile, loadImageFiles, parseCsv } from '@lockstep/data';
import { arenaAllocator, tableSplits } from '@lockstep/scheduler';
import type { DataFacts } from '../run/messages.ts';
import type { ArrayData, DataSource, DroppedFile, RunSettings } from '../run/settings.ts';
import { fetchIdx } from './fetch-idx.ts';

export interface LoadedData {
  readonly train: Dataset;
  readonly test: Dataset | undefined;
}

/** @throws DataError for files that are not as they should be. */
export async function loadData(settings: Pick<RunSettings, 'data' | 'limit' | 'evalLimit'>): Promise<LoadedData> {
  const { data, limit, evalLimit } = settings;
  const allocate = arenaAllocator(defaultArena());
  switch (data.kind) {
    case 'served': {
      const from = { name: data.name, folder: new URL(data.folder), allocate };
      const train = await fetchIdx('train', { ...from, limit });
      return { train, test: await fetchIdx('test', { ...from, limit: evalLimit }) };
    }
    case 'csv': {
      const table = parseCsv(await data.file.text(), { label: data.label, where: data.name });
      return tableSplits(table, { train: limit, test: evalLimit });
    }
    case 'images':
      return imageSplits(data, { limit, evalLimit });
    case 'arrays': {
      const train = arraysOf(data.train);
      return { train, test: data.test && arraysOf(data.test, train) };
    }
    default:
      return data satisfies never;
  }
}

/** `train`: the split whose classes, mean and std hold for both. */
function arraysOf(data: ArrayData, train?: Dataset): Dataset {
  const allocate = arenaAllocator(defaultArena());
  const classes = train ? { classes: train.classes } : {};
  if (!('images' in data)) return arrayDataset({ ...classes, ...data, allocate });
  const stats = train && 'images' in train ? { mean: train.mean, std: train.std } : {};
  return arrayDataset({ ...classes, ...stats, ...data, allocate });
}

export function factsOf({ train, test }: LoadedData): DataFacts {
  const { name, shape, classes, count } = train;
  return { name, shape, classes, trainCount: count, testCount: test?.count ?? 0 };
}

/** As the command line reads a folder: mean and std are those of the whole training split. */
function imageSplits(
  { name, files }: Extract<DataSource, { kind: 'images' }>,
  { limit, evalLimit }: Pick<RunSettings, 'limit' | 'evalLimit'>,
): LoadedData {
  const allocate = arenaAllocator(defaultArena());
  const splitOf = (...folders: string[]) => files.flatMap((file) => imageFile(file, folders));
  const training = splitOf('train');
  const whole = loadImageFiles(training, {
    name,
    where: `${name}/train`,
    ...(limit === undefined ? { allocate } : {}),
  });
  const { classes, mean, std } = whole;
  const facts = { name, allocate, classes, mean, std };
  const train = limit === undefined ? whole : loadImageFiles(training, { ...facts, where: `${name}/train`, limit });
  const testLimit = evalLimit === undefined ? {} : { limit: evalLimit };
  return { train, test: loadImageFiles(splitOf('test', 'val'), { ...facts, ...testLimit, where: `${name}/test` }) };
}

/** `…/<split>/<class>/<name>.png`; anything else is left out. */
function imageFile({ path, file }: DroppedFile, splits: readonly string[]): ImageFile[] {
  const [split, kind, name] = path.split('/').slice(-3);
  if (!splits.includes(split!) || !/\.png$/i.test(name ?? '')) return [];
  const read = (part: Blob): Uint8Array => new Uint8Array(new FileReaderSync().readAsArrayBuffer(part));
  return [
    { path, class: kind!, sizeBytes: file.size, head: (count) => read(file.slice(0, count)), bytes: () => read(file) },
  ];
}
