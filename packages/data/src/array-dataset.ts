/** A user's own arrays → a checked dataset on shared memory, equal in kind to one that was read from files. */
import { channelStats } from './channel-stats.ts';
import { DataError } from './data-error.ts';
import type { FeatureDataset, ImageDataset } from './dataset.ts';
import { checkedLabels } from './labels.ts';
import { type AllocateBytes, allocateFloat32, allocateShared } from './storage.ts';

interface ArrayOptions {
  /** [N] class numbers. */
  readonly labels: ArrayLike<number>;
  /** Class names in label order; '0', '1', … up to the largest label if absent. */
  readonly classes?: readonly string[];
  readonly name?: string;
  /** Default: a SharedArrayBuffer of its own. */
  readonly allocate?: AllocateBytes;
}

export interface ImageArrayOptions extends ArrayOptions {
  /** [N, C, H, W] planar bytes. */
  readonly images: Uint8Array;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Per channel of pixel / 255; both are measured on `images` if absent. Give the training split's to a test split. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

export interface FeatureArrayOptions extends ArrayOptions {
  /** [N, …shape] finite numbers. */
  readonly features: Float32Array | readonly number[];
  readonly shape: readonly number[];
}

/** Copies the arrays to shared memory; a DataError names the argument and index of anything that does not fit. */
export function arrayDataset(options: ImageArrayOptions): ImageDataset;
export function arrayDataset(options: FeatureArrayOptions): FeatureDataset;
export function arrayDataset(options: ImageArrayOptions | FeatureArrayOptions): ImageDataset | FeatureDataset {
  const { labels, shape, name = 'array', allocate = allocateShared } = options;
  const values = 'images' in options ? options.images : options.features;
  const what = 'images' in options ? 'images' : 'features';
  requireShape(shape);
  requireLength(values.length, { what, count: labels.length, shape });
  const classes = options.classes ?? numberedClasses(labels);
  const checked = checkedLabels(labels, { where: 'labels', classCount: classes.length, allocate });
  const common = { name, labels: checked, count: labels.length, classes };
  if (!('images' in options)) {
    requireFinite(values);
    const features = allocateFloat32(allocate, values.length);
    features.set(values);
    return { ...common, features, shape };
  }
  requirePerChannel(options);
  const images = allocate(values.length);
  images.set(values);
  const stats = options.mean && options.std ? undefined : channelStats(images, options.shape);
  const mean = options.mean ?? stats?.mean ?? [];
  const std = options.std ?? stats?.std ?? [];
  return { ...common, images, shape: options.shape, mean, std };
}

function numberedClasses(labels: ArrayLike<number>): string[] {
  let largest = 0;
  for (let i = 0; i < labels.length; i++) largest = Math.max(largest, labels[i]!);
  // A label that is no whole number is reported by checkedLabels, which needs some class count.
  return Array.from({ length: Number.isInteger(largest) ? largest + 1 : 1 }, (_, i) => String(i));
}

function requireShape(shape: readonly number[]): void {
  if (shape.every((d) => Number.isInteger(d) && d > 0)) return;
  throw new DataError({
    where: 'shape',
    expected: 'whole numbers from 1',
    got: `[${shape.join(', ')}]`,
    hint: 'Give the shape of one sample, without the sample count.',
  });
}

function requireLength(length: number, at: { what: string; count: number; shape: readonly number[] }): void {
  const expected = at.shape.reduce((a, b) => a * b, at.count);
  if (length === expected && at.count > 0) return;
  throw new DataError({
    where: at.what,
    expected: at.count > 0 ? `${expected} values (${[at.count, ...at.shape].join(' × ')})` : 'at least one sample',
    got: `${length} values and ${at.count} labels`,
    hint: `Give one label a sample and ${at.what} laid out as [count, ${at.shape.join(', ')}].`,
  });
}

function requireFinite(values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new DataError({
      where: 'features',
      expected: 'finite numbers',
      got: `${values[i]} at index ${i}`,
      hint: 'Replace missing values before training.',
    });
  }
}

function requirePerChannel({ mean, std, shape }: ImageArrayOptions): void {
  for (const [where, values] of [['mean', mean] as const, ['std', std] as const]) {
    if (!values) continue;
    const fits = values.length === shape[0] && values.every((v) => Number.isFinite(v) && (where === 'mean' || v > 0));
    if (fits) continue;
    throw new DataError({
      where,
      expected: `${shape[0]} finite ${where === 'std' ? 'positive ' : ''}numbers, one a channel`,
      got: `[${values.join(', ')}]`,
      hint: 'Leave it out to have it measured.',
    });
  }
}
