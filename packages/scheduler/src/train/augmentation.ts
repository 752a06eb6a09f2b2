/** What training makes of a data set beside what evaluation sees: augmented images, samples mixed with their partners. */
import { type Augmentation, augmentedSource, isBatchTransform, MixTable, type Seed } from '@lockstep/core';
import type { SharedData } from './shared-data.ts';

/** Words of a step that mixing needs. */
export function mixWords(augment: readonly Augmentation[] | undefined): number {
  return augment?.some(isBatchTransform) ? MixTable.words : 0;
}

/**
 * The data as training gathers it, and the table of the words at `base`, if the list mixes samples.
 * @throws RangeError for a list that does not fit the samples.
 */
export function augmentedData(
  data: SharedData,
  how: { augment: readonly Augmentation[] | undefined; step: unknown; seed: Seed; base: number },
): { data: SharedData; mixes: MixTable | undefined } {
  const { augment: list, seed, base } = how;
  if (!list?.length) return { data, mixes: undefined };
  if (data.arrays) throw new RangeError('augment: works on data sets of images or features, not on named arrays');
  const { shape } = data;
  const transforms = list.filter(isBatchTransform);
  if (transforms.length > 0 && (how.step || data.weights))
    throw new RangeError(
      `${transforms[0]!.kind}: weights the loss itself, so it goes with neither step nor classWeights`,
    );
  const size = data.inputs.kind === 'images' ? ([shape[1]!, shape[2]!] as const) : undefined;
  const mixes = transforms.length > 0 ? new MixTable(base, { transforms, seed, size }) : undefined;
  const mix = mixes?.addresses;
  const inputs = augmentedSource(data.inputs, { list, seed, shape, mix });
  return { data: { ...data, inputs, ...(mix ? { mix } : {}) }, mixes };
}
