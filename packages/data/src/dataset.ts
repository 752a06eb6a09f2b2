/** What a dataset is: plain data on shared memory, which the gather kernel reads and the trainer never copies. */

export type Split = 'train' | 'test';

/** Images [C, H, W] of unsigned bytes with one class label each. */
export interface ImageDataset {
  readonly name: string;
  /** [count, C, H, W], planar, 0…255. */
  readonly images: Uint8Array;
  /** [count], 0…classes.length − 1. */
  readonly labels: Int32Array;
  readonly count: number;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes: readonly string[];
  /** Per channel [C], of pixel / 255 over the training split. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A user's own float samples with one class label each. */
export interface FeatureDataset {
  readonly name: string;
  /** [count, …shape], finite. */
  readonly features: Float32Array;
  /** [count], 0…classes.length − 1. */
  readonly labels: Int32Array;
  readonly count: number;
  readonly shape: readonly number[];
  readonly classes: readonly string[];
}

export type Dataset = ImageDataset | FeatureDataset;

/** What is published about a known dataset, whatever place its files come from. */
export interface DatasetFacts {
  readonly name: string;
  readonly title: string;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes: readonly string[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly counts: Readonly<Record<Split, number>>;
}

/** How many of `count` samples to take under an optional `limit`; a RangeError if the limit is not a whole number ≥ 1. */
export function limitedCount(count: number, limit: number | undefined): number {
  if (limit === undefined) return count;
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`limit: expected a whole number from 1, got ${limit}.`);
  return Math.min(count, limit);
}
