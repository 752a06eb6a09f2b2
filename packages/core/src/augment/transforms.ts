/**
 * Augmentation of training samples as plain data, so that it stands in configurations and records. Names and formulas are torchvision's;
 * what a sample gets is a function of the seed, the step, the sample's place in the global batch and the transform's place in the list.
 */
import { checkAugmentation } from './check.ts';

/** A byte 0…255 for all channels, one for each, or `mean`: the byte nearest to the data set's mean, which is 0 after normalisation. */
export type Fill = number | readonly number[] | 'mean';

/** Low and high. */
export type Interval = readonly [low: number, high: number];

/** Pads each side by `padding` pixels (rows, columns) and takes an image of the old size at a uniformly random place. */
export interface RandomCrop {
  readonly kind: 'randomCrop';
  readonly padding: readonly [rows: number, columns: number];
  /** `reflect`: the mirror image without the edge; padding is then smaller than the image. */
  readonly paddingMode: 'constant' | 'reflect';
  readonly fill: Fill;
}

export interface RandomFlip {
  readonly kind: 'randomHorizontalFlip' | 'randomVerticalFlip';
  /** Probability of the mirror image. */
  readonly p: number;
}

/** Rotation, translation, scaling and shearing about the centre, bilinear. */
export interface RandomAffine {
  readonly kind: 'randomAffine';
  /** Rotation, within −180 to 180. */
  readonly degrees: Interval;
  /** Largest shift, as shares of width and height in [0, 1]; whole pixels. */
  readonly translate: readonly [x: number, y: number];
  /** Factor of size, above 0. */
  readonly scale: Interval;
  /** Angles of shear in degrees, within −60 to 60. */
  readonly shear: { readonly x: Interval; readonly y: Interval };
  readonly fill: Fill;
}

/** Factors of brightness, contrast and saturation (1 changes nothing), applied in a random order. Images of 1 or 3 channels. */
export interface ColorJitter {
  readonly kind: 'colorJitter';
  readonly brightness: Interval;
  readonly contrast: Interval;
  readonly saturation: Interval;
}

/** A box of random size and place is filled (Zhong et al. 2017). */
export interface RandomErasing {
  readonly kind: 'randomErasing';
  readonly p: number;
  /** The box's share of the image's area, within 0 to 1. */
  readonly scale: Interval;
  /** Its height ÷ width, uniform in the logarithm, above 0. */
  readonly ratio: Interval;
  readonly fill: Fill;
}

/** A square around a uniformly random pixel is filled, as far as it lies in the image (DeVries & Taylor 2017). */
export interface Cutout {
  readonly kind: 'cutout';
  readonly size: number;
  readonly p: number;
  readonly fill: Fill;
}

/**
 * Mixup (Zhang et al. 2017): x = λx + (1 − λ)x′, loss λ·loss(y) + (1 − λ)·loss(y′), λ of Beta(alpha, alpha), one for each step. The partner of
 * sample s in a batch of B is sample B − 1 − s: batches are shuffled already.
 */
export interface Mixup {
  readonly kind: 'mixup';
  readonly alpha: number;
  /** Share of the steps that mix. */
  readonly p: number;
}

/** CutMix (Yun et al. 2019): a box of 1 − λ of the area comes from the partner, and the losses are weighted by the areas. */
export interface CutMix {
  readonly kind: 'cutmix';
  readonly alpha: number;
  readonly p: number;
}

export type ImageTransform = RandomCrop | RandomFlip | RandomAffine | ColorJitter | RandomErasing | Cutout;
export type BatchTransform = Mixup | CutMix;
export type Augmentation = ImageTransform | BatchTransform;

/**
 * @param options padding: pixels on all sides or [rows, columns]; paddingMode default `constant`; fill default 0.
 * @throws RangeError for padding that is not whole or negative.
 */
export function randomCrop(options: {
  readonly padding: number | readonly [rows: number, columns: number];
  readonly paddingMode?: RandomCrop['paddingMode'];
  readonly fill?: Fill;
}): RandomCrop {
  const { padding, paddingMode = 'constant', fill = 0 } = options;
  const both: RandomCrop['padding'] = typeof padding === 'number' ? [padding, padding] : padding;
  return checkAugmentation({ kind: 'randomCrop', padding: both, paddingMode, fill });
}

/** Left and right exchanged with probability p (default 0.5). @throws RangeError for p outside of [0, 1]. */
export function randomHorizontalFlip(options: { readonly p?: number } = {}): RandomFlip {
  return checkAugmentation({ kind: 'randomHorizontalFlip', p: options.p ?? 0.5 });
}

/** Top and bottom exchanged with probability p (default 0.5). @throws RangeError for p outside of [0, 1]. */
export function randomVerticalFlip(options: { readonly p?: number } = {}): RandomFlip {
  return checkAugmentation({ kind: 'randomVerticalFlip', p: options.p ?? 0.5 });
}

export interface RandomAffineOptions {
  /** An angle a stands for [−a, a]. Default 0. */
  readonly degrees?: number | Interval;
  /** Default no shift. */
  readonly translate?: readonly [x: number, y: number];
  /** Default [1, 1]. */
  readonly scale?: Interval;
  /** Along x, or along both. Default none. */
  readonly shear?: number | Interval | { readonly x?: Interval; readonly y?: Interval };
  /** Default 0. */
  readonly fill?: Fill;
}

/** @throws RangeError for angles, shares and scales outside of their ranges. */
export function randomAffine(options: RandomAffineOptions): RandomAffine {
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0, fill = 0 } = options;
  const none: Interval = [0, 0];
  const sheared =
    typeof shear === 'number' || isInterval(shear)
      ? { x: around(shear), y: none }
      : { x: shear.x ?? none, y: shear.y ?? none };
  return checkAugmentation({
    kind: 'randomAffine',
    degrees: around(degrees),
    translate,
    scale,
    shear: sheared,
    fill,
  });
}

/** Rotation by up to `degrees` to either side, or within an interval. @throws RangeError for angles beyond ±180. */
export function randomRotation(degrees: number | Interval, options: { readonly fill?: Fill } = {}): RandomAffine {
  return randomAffine({ ...options, degrees });
}

/** A strength b stands for factors [max(0, 1 − b), 1 + b]. Default none. @throws RangeError for negative factors. */
export function colorJitter(options: {
  readonly brightness?: number | Interval;
  readonly contrast?: number | Interval;
  readonly saturation?: number | Interval;
}): ColorJitter {
  const { brightness = 0, contrast = 0, saturation = 0 } = options;
  const factors = (strength: number | Interval): Interval =>
    typeof strength === 'number' ? [Math.max(0, 1 - strength), 1 + strength] : strength;
  return checkAugmentation({
    kind: 'colorJitter',
    brightness: factors(brightness),
    contrast: factors(contrast),
    saturation: factors(saturation),
  });
}

/** Defaults: p 0.5, scale [0.02, 0.33], ratio [0.3, 3.3], fill `mean`. @throws RangeError for values outside of their ranges. */
export function randomErasing(options: Partial<Omit<RandomErasing, 'kind'>> = {}): RandomErasing {
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], fill = 'mean' } = options;
  return checkAugmentation({ kind: 'randomErasing', p, scale, ratio, fill });
}

/** Defaults: p 1, fill `mean`. @throws RangeError for a size below 1. */
export function cutout(options: { readonly size: number; readonly p?: number; readonly fill?: Fill }): Cutout {
  const { size, p = 1, fill = 'mean' } = options;
  return checkAugmentation({ kind: 'cutout', size, p, fill });
}

/** Defaults: alpha 0.2, p 1. @throws RangeError for an alpha outside of (0, 1000]. */
export function mixup(options: { readonly alpha?: number; readonly p?: number } = {}): Mixup {
  return checkAugmentation({ kind: 'mixup', alpha: options.alpha ?? 0.2, p: options.p ?? 1 });
}

/** Defaults: alpha 1, p 1. @throws RangeError for an alpha outside of (0, 1000]. */
export function cutmix(options: { readonly alpha?: number; readonly p?: number } = {}): CutMix {
  return checkAugmentation({ kind: 'cutmix', alpha: options.alpha ?? 1, p: options.p ?? 1 });
}

function around(angle: number | Interval): Interval {
  // Of 0 the difference is 0: JSON has no −0.
  return typeof angle === 'number' ? [0 - angle, angle] : angle;
}

function isInterval(shear: object): shear is Interval {
  return Array.isArray(shear);
}
