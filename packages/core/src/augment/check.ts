/** What augmentation may be, by itself and for images of a shape. */
import type { Augmentation, Fill, Interval } from './transforms.ts';

/** A RangeError that names the transform and the option. */
function refuse(kind: string, option: string, expected: string, got: unknown): never {
  throw new RangeError(`${kind}: ${option} must be ${expected}, got ${JSON.stringify(got) ?? String(got)}`);
}

const leastAlpha = 0.001;
const mostAlpha = 1000;

const withProbability: readonly string[] = [
  'randomHorizontalFlip',
  'randomVerticalFlip',
  'randomErasing',
  'cutout',
  'mixup',
  'cutmix',
];
const withFill: readonly string[] = ['randomCrop', 'randomAffine', 'randomErasing', 'cutout'];

/** Gives it back. @throws RangeError for an unknown kind and for values outside of their ranges. */
export function checkAugmentation<A extends Augmentation>(augmentation: A): A {
  const given: Augmentation = augmentation;
  const { kind } = given;
  const within = (option: string, value: number, [low, high]: Interval): void => {
    if (!(value >= low && value <= high)) refuse(kind, option, `a number from ${low} to ${high}`, value);
  };
  const interval = (option: string, value: Interval, [low, high]: Interval): void => {
    const fits =
      Array.isArray(value) && value.length === 2 && low <= value[0]! && value[0]! <= value[1]! && value[1]! <= high;
    if (!fits) refuse(kind, option, `[low, high] within ${low} to ${high}`, value);
  };
  if (withProbability.includes(kind)) within('p', (given as { p: number }).p, [0, 1]);
  if (withFill.includes(kind)) checkFill(kind, (given as { fill: Fill }).fill);
  switch (kind) {
    case 'randomCrop':
      if (
        !isPair(given.padding) ||
        !given.padding.every((pixels) => Number.isInteger(pixels) && pixels >= 0 && pixels <= 4096)
      )
        refuse(kind, 'padding', 'whole numbers of pixels from 0 to 4096', given.padding);
      if (given.paddingMode !== 'constant' && given.paddingMode !== 'reflect')
        refuse(kind, 'paddingMode', "'constant' or 'reflect'", given.paddingMode);
      break;
    case 'randomHorizontalFlip':
    case 'randomVerticalFlip':
      break;
    case 'randomAffine':
      interval('degrees', given.degrees, [-180, 180]);
      interval('scale', given.scale, [0.01, 100]);
      interval('shear x', given.shear?.x, [-60, 60]);
      interval('shear y', given.shear?.y, [-60, 60]);
      if (!isPair(given.translate)) refuse(kind, 'translate', 'shares [x, y]', given.translate);
      for (const share of given.translate) within('translate', share, [0, 1]);
      break;
    case 'colorJitter':
      for (const option of ['brightness', 'contrast', 'saturation'] as const) interval(option, given[option], [0, 100]);
      break;
    case 'randomErasing':
      interval('scale', given.scale, [0, 1]);
      interval('ratio', given.ratio, [0.001, 1000]);
      break;
    case 'cutout':
      if (!Number.isInteger(given.size) || given.size < 1)
        refuse(kind, 'size', 'a whole number of pixels from 1', given.size);
      break;
    case 'mixup':
    case 'cutmix':
      within('alpha', given.alpha, [leastAlpha, mostAlpha]);
      break;
    default:
      refuse('augment', 'kind', 'a known augmentation', kind satisfies never as unknown);
  }
  return augmentation;
}

/** What was JSON may be anything. */
function isPair(value: readonly unknown[]): boolean {
  return Array.isArray(value) && value.length === 2;
}

function checkFill(kind: string, fill: Fill): void {
  const values = typeof fill === 'object' ? fill : [fill];
  const fits =
    values.length > 0 &&
    values.every((value) => value === 'mean' || (Number.isInteger(value) && value >= 0 && value <= 255));
  if (!fits) refuse(kind, 'fill', "bytes from 0 to 255, or 'mean'", fill);
}

/**
 * Checks a list for samples of a shape: images [C, H, W] of bytes, or, with `images` false, rows of numbers, which only mixup takes.
 * @throws RangeError for what does not fit, and for mixup or CutMix that comes twice.
 */
export function checkAugmentations(
  list: readonly Augmentation[],
  data: { shape: readonly number[]; images: boolean },
): void {
  const [channels = 0, height = 0, width = 0] = data.shape;
  for (const given of list) {
    checkAugmentation(given);
    const { kind } = given;
    if (!data.images && kind !== 'mixup')
      throw new RangeError(
        `${kind}: works on images of bytes [C, H, W]; these samples are numbers of shape [${data.shape.join(', ')}]`,
      );
    if ('fill' in given && typeof given.fill === 'object' && given.fill.length !== channels)
      refuse(kind, 'fill', `one byte for all channels or one for each of ${channels}`, given.fill);
    if (kind === 'colorJitter' && channels !== 3 && (channels !== 1 || given.saturation.some((factor) => factor !== 1)))
      throw new RangeError(
        `colorJitter: needs images of 3 channels, or of 1 without saturation; these have ${channels}`,
      );
    if (kind === 'cutout' && given.size > 2 * Math.max(height, width))
      refuse(kind, 'size', `at most twice the image, ${2 * Math.max(height, width)}`, given.size);
    if (kind !== 'randomCrop') continue;
    const { padding, paddingMode } = given;
    if (paddingMode === 'reflect' && (padding[0] >= height || padding[1] >= width))
      refuse(kind, 'padding', `smaller than the image, ${height} × ${width}, to be reflected`, padding);
    if (padding[0] > height || padding[1] > width)
      refuse(kind, 'padding', `at most the image, ${height} × ${width}`, padding);
  }
  for (const kind of ['mixup', 'cutmix'])
    if (list.filter((given) => given.kind === kind).length > 1)
      throw new RangeError(`${kind}: may stand in the list once`);
}
