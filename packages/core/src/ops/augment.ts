/** The lowering of augmentation: images are gathered as bytes, changed in scratch, and then become floats. */
import { f32Bits, type Pointer } from '@lockstep/kernels';
import type { ImageTransform } from '../augment/transforms.ts';
import { ln } from '../math/ln.ts';
import type { LowerContext } from './define-op.ts';

/** Transforms of byte images, in order, each at its place in the list of all. */
export interface ImageAugmentation {
  readonly shape: readonly [channels: number, height: number, width: number];
  /** The key of the stream `augment`. */
  readonly key: readonly [number, number];
  readonly transforms: readonly { readonly site: number; readonly transform: ImageTransform }[];
  /** The byte of each channel that is nearest to the mean. */
  readonly mean: readonly number[];
}

/** A box is tried this often before an image is left as it is, as torchvision does. */
const eraseTries = 10;

/** What a transform draws for a sample, and how it is called. */
interface Calls {
  readonly draws: number;
  readonly inPlace: boolean;
  emit(images: { from: Pointer; to: Pointer; draws: Pointer; spec: Pointer; fill: Pointer }): void;
}

/** Emits the transforms of `count` samples from place `first` in the batch on; the images are at `from`. Where they are afterwards. */
export function augmentImages(
  at: LowerContext,
  augmentation: ImageAugmentation,
  of: { first: number; count: number; buffers: readonly [Pointer, Pointer] },
): Pointer {
  const { shape, key, transforms, mean } = augmentation;
  const keyAt = at.constant('augment key', () => new Uint32Array(key));
  let [from, to] = of.buffers;
  for (const { site, transform } of transforms) {
    const calls = callsOf(transform, { at, augmentation, count: of.count, site });
    const draws = at.scratch(4 * of.count * calls.draws);
    at.call('uniformRows', draws, of.count, calls.draws, of.first, keyAt, at.control.step, site);
    const fill = at.constant(`fill ${site}`, () => fillBytes(transform, shape[0], mean));
    const spec = at.constant(`spec ${site}`, () => specOf(transform, shape));
    calls.emit({ from, to, draws, spec, fill });
    if (!calls.inPlace) [from, to] = [to, from];
  }
  return from;
}

function callsOf(
  transform: ImageTransform,
  of: { at: LowerContext; augmentation: ImageAugmentation; count: number; site: number },
): Calls {
  const { at, augmentation, count, site } = of;
  switch (transform.kind) {
    case 'randomCrop':
      return {
        draws: 2,
        inPlace: false,
        emit: ({ from, to, draws, spec, fill }) => at.call('cropImages', from, to, count, spec, draws, fill),
      };
    case 'randomHorizontalFlip':
    case 'randomVerticalFlip': {
      const [p, vertical] = [f32Bits(transform.p), Number(transform.kind === 'randomVerticalFlip')];
      return {
        draws: 1,
        inPlace: false,
        emit: ({ from, to, draws, spec }) => at.call('flipImages', from, to, count, spec, draws, p, vertical),
      };
    }
    case 'randomAffine':
      return {
        draws: 6,
        inPlace: false,
        emit: ({ from, to, draws, spec, fill }) => {
          const bounds = at.constant(`bounds ${site}`, () => affineBounds(transform, augmentation.shape));
          const matrices = at.scratch(24 * count);
          at.call('affineMatrices', draws, matrices, count, bounds);
          at.call('affineImages', from, to, count, spec, matrices, fill);
        },
      };
    case 'colorJitter':
      return {
        draws: 4,
        inPlace: true,
        emit: ({ from, draws, spec }) => at.call('jitterImages', from, count, spec, draws),
      };
    case 'cutout':
      return {
        draws: 3,
        inPlace: true,
        emit: ({ from, draws, spec, fill }) => at.call('cutoutImages', from, count, spec, draws, fill),
      };
    case 'randomErasing':
      return {
        draws: 1 + 4 * eraseTries,
        inPlace: true,
        emit: ({ from, draws, spec, fill }) => at.call('eraseImages', from, count, spec, draws, fill),
      };
    default:
      return transform satisfies never;
  }
}

/** The words that a kernel reads: extents of the image, then its own. */
function specOf(transform: ImageTransform, shape: readonly number[]): Int32Array {
  switch (transform.kind) {
    case 'randomCrop':
      return new Int32Array([...shape, ...transform.padding, Number(transform.paddingMode === 'reflect')]);
    case 'colorJitter': {
      const { brightness, contrast, saturation } = transform;
      return new Int32Array([...shape, ...[...brightness, ...contrast, ...saturation].map(f32Bits)]);
    }
    case 'cutout':
      return new Int32Array([...shape, transform.size, f32Bits(transform.p)]);
    case 'randomErasing': {
      const { p, scale, ratio } = transform;
      return new Int32Array([...shape, eraseTries, ...[p, ...scale, ln(ratio[0]), ln(ratio[1])].map(f32Bits)]);
    }
    default:
      return new Int32Array(shape);
  }
}

function affineBounds(
  transform: Extract<ImageTransform, { kind: 'randomAffine' }>,
  shape: readonly number[],
): Float32Array {
  const { degrees, translate, scale, shear } = transform;
  const [x, y] = [translate[0] * shape[2]!, translate[1] * shape[1]!];
  const turns = ([low, high]: readonly [number, number]) => [low / 360, high / 360];
  return new Float32Array([...turns(degrees), -x, x, -y, y, ...scale, ...turns(shear.x), ...turns(shear.y)]);
}

/** One byte for each channel, as words. */
function fillBytes(transform: ImageTransform, channels: number, mean: readonly number[]): Uint32Array {
  const fill = 'fill' in transform ? transform.fill : 0;
  const bytes = new Uint8Array(4 * Math.ceil(channels / 4));
  if (fill === 'mean') bytes.set(mean);
  else if (typeof fill === 'number') bytes.fill(fill, 0, channels);
  else bytes.set(fill);
  return new Uint32Array(bytes.buffer);
}
