/** What a visitor, or a page that embeds the engine, chooses for a run. */
import type { FeatureArrayOptions, ImageArrayOptions } from '@lockstep/data';

export const optimizerNames = ['sgd', 'adam', 'adamw'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

export const modelNames = ['seed-net', 'mlp'] as const;
export type ModelName = (typeof modelNames)[number];

/** p of the models when none is chosen: their own. */
export const defaultDropout: Readonly<Record<ModelName, number>> = { 'seed-net': 0.25, mlp: 0.5 };
/** The MLP's p at the input as a part of that of its hidden layers. */
export const inputPart = 0.4;

/** Learning rates when none is chosen: those of the command line. */
export const defaultLr: Readonly<Record<OptimizerName, number>> = { sgd: 0.02, adam: 0.001, adamw: 0.001 };

export const defaults = {
  model: 'seed-net',
  epochs: 5,
  batchSize: 128,
  optimizer: 'sgd',
  momentum: 0.9,
  seed: 0,
} as const;

/** Data sets that a site may serve, by the names of the command line. */
export const servedNames = ['mnist', 'fashion-mnist', 'cifar10'] as const;
export type ServedName = (typeof servedNames)[number];

/** As `arrayDataset` takes it. */
export type ArrayData = Omit<ImageArrayOptions, 'allocate'> | Omit<FeatureArrayOptions, 'allocate'>;

/** A file of a folder that was dropped. */
export interface DroppedFile {
  /** From the dropped folder on: `train/cat/1.png`. */
  readonly path: string;
  readonly file: Blob;
}

export type DataSource =
  /** `folder`: the address of the folder of its IDX files, with a slash at the end. */
  | { readonly kind: 'served'; readonly name: ServedName; readonly folder: string }
  /** A table; a fifth of its rows is tested on. `label`: the column of classes. */
  | { readonly kind: 'csv'; readonly name: string; readonly file: Blob; readonly label: string }
  /** `train/<class>/*.png` and `test/<class>/*.png`. */
  | { readonly kind: 'images'; readonly name: string; readonly files: readonly DroppedFile[] }
  | { readonly kind: 'arrays'; readonly train: ArrayData; readonly test?: ArrayData | undefined };

/** Plain data that can be posted to a worker. The same settings give the same weights as the command line in Node. */
export interface RunSettings {
  readonly data: DataSource;
  readonly model: ModelName;
  /** Probability to drop. */
  readonly dropout: number;
  /** Of the MLP, at its input; undefined = 0.4 times `dropout`. */
  readonly inputDropout?: number | undefined;
  /** Trains a second model beside it, with the same seed and without dropout. */
  readonly compare: boolean;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  /** Of SGD. */
  readonly momentum: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Trainer workers, ≥ 1. */
  readonly workers: number;
  /** Logical shards of a batch; undefined = chosen by the plan. */
  readonly shards?: number | undefined;
  /** The first N training samples; undefined = all. */
  readonly limit?: number | undefined;
  /** The first N test samples; undefined = all. */
  readonly evalLimit?: number | undefined;
  /** Keeps checkpoints in the browser's private file system, so that a closed tab can go on. Served data only. */
  readonly keep: boolean;
  /** Records what the workers do, for the page's picture of them. */
  readonly profile: boolean;
}
