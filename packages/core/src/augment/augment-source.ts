/** From a data set's source to that of training: the bytes of images go through transforms, samples are mixed with their partners. */
import type { ImageAugmentation } from '../ops/augment.ts';
import type { InputSource } from '../ops/source.ts';
import { type Seed, streamKey } from '../random/streams.ts';
import { checkAugmentations } from './check.ts';
import type { MixAddresses } from './mix-table.ts';
import type { Augmentation, BatchTransform, ImageTransform } from './transforms.ts';

export function isBatchTransform(augmentation: Augmentation): augmentation is BatchTransform {
  return augmentation.kind === 'mixup' || augmentation.kind === 'cutmix';
}

/**
 * `shape`: of one sample. `mix`: where the words of a `MixTable` stand, if the list mixes.
 * @throws RangeError for a list that does not fit the samples.
 */
export function augmentedSource(
  source: InputSource,
  how: { list: readonly Augmentation[]; seed: Seed; shape: readonly number[]; mix?: MixAddresses | undefined },
): InputSource {
  const { list, seed, shape, mix } = how;
  checkAugmentations(list, { shape, images: source.kind === 'images' });
  const mixed = mix ? { mix } : {};
  if (source.kind !== 'images') return { ...source, ...mixed };
  const transforms = list.flatMap((transform, site) =>
    isBatchTransform(transform) ? [] : [{ site, transform: transform as ImageTransform }],
  );
  const mean = source.scale.map((scale, channel) =>
    Math.min(255, Math.max(0, Math.round(-source.shift[channel]! / scale))),
  );
  const augment: ImageAugmentation = {
    shape: [source.channels, shape[1]!, shape[2]!],
    key: streamKey(seed, 'augment'),
    transforms,
    mean,
  };
  return { ...source, augment, ...mixed };
}
