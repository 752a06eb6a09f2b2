/** Which samples a run trains on and in which order: a part held out for validation, shuffles, weighted draws, weights of classes. */
import { type Arena, permutation, type Seed, tensor, weightedDraws } from '@lockstep/core';
import type { SharedData } from './shared-data.ts';

/** Samples held out of the training data, the same ones for the same seed. */
export interface ValidationSplit {
  /** Their share, above 0 and below 1; at least one sample on either side. */
  readonly fraction: number;
  /** Every class in the same proportion, as far as whole samples allow. Default false. */
  readonly stratify?: boolean;
}

/** Draws with replacement instead of the shuffle: PyTorch's `WeightedRandomSampler`. */
export interface WeightedSampler {
  readonly kind: 'weighted';
  /** One for each training sample, ≥ 0; `balanced`: every class with the same probability. */
  readonly weights: 'balanced' | readonly number[];
  /** Draws in an epoch. Default: the number of training samples. */
  readonly samples?: number;
}

/** The data set's number of the sample at a place of these data. */
export function sampleAt({ subset }: Pick<SharedData, 'subset'>): ((place: number) => number) | undefined {
  return subset && ((place) => subset[place]!);
}

/** The order of each epoch. */
export interface EpochOrder {
  /** Samples of an epoch. */
  readonly count: number;
  /** From the place in an epoch (from 1) to the data set's number of the sample; undefined: as they lie. */
  permute(epoch: number): ((place: number) => number) | undefined;
}

/** @throws RangeError for weights that do not fit the samples. */
export function epochOrder(
  data: SharedData,
  how: { seed: Seed; shuffle?: boolean | undefined; sampler?: WeightedSampler | undefined },
): EpochOrder {
  const { seed, shuffle = true, sampler } = how;
  const own = sampleAt(data);
  const through = (places: (place: number) => number) => (own ? (place: number) => own(places(place)) : places);
  if (!sampler) {
    const { count } = data;
    return { count, permute: (epoch) => (shuffle ? through(permutation(seed, epoch, count)) : own) };
  }
  const weights = sampler.weights === 'balanced' ? perSample(data, balanced(data)) : sampler.weights;
  if (weights.length !== data.count)
    throw new RangeError(`sampler: expected a weight for each of ${data.count} samples, got ${weights.length}`);
  const { samples: count = data.count } = sampler;
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`sampler: samples must be a whole number from 1, got ${count}`);
  weightedDraws(seed, 0, weights);
  return { count, permute: (epoch) => through(weightedDraws(seed, epoch, weights)) };
}

/**
 * Divides data in two by the shuffle of epoch 0, which no epoch of training uses. Samples stay in their order.
 * @throws RangeError for a fraction that leaves either part empty.
 */
export function splitOff(
  data: SharedData,
  { fraction, stratify = false }: ValidationSplit,
  seed: Seed,
): { train: SharedData; validation: SharedData } {
  const { count } = data;
  const most = heldOut(count, fraction);
  const labels = stratify ? labelsOf(data, 'validationSplit: stratify') : new Int32Array(count);
  const quota = quotas(countsOf(labels), most);
  const held = new Uint8Array(count);
  const shuffled = permutation(seed, 0, count);
  for (let place = 0; place < count; place++) {
    const sample = shuffled(place);
    const label = labels[sample]!;
    if (quota[label]! === 0) continue;
    quota[label]!--;
    held[sample] = 1;
  }
  const number = sampleAt(data) ?? ((place: number) => place);
  const part = (wanted: number): SharedData => {
    const subset = Int32Array.from(
      Array.from(held.keys()).filter((place) => held[place] === wanted),
      number,
    );
    return { ...data, subset, count: subset.length };
  };
  return { train: part(0), validation: part(1) };
}

/** Samples that a split holds out. @throws RangeError for a fraction that leaves either part empty. */
export function heldOut(count: number, fraction: number): number {
  const held = Math.round(fraction * count);
  if (fraction > 0 && fraction < 1 && held >= 1 && held < count) return held;
  throw new RangeError(`validationSplit: fraction must leave samples on either side of ${count}, got ${fraction}`);
}

/** Shares of `total` in the proportion of the counts, by largest remainders, of equal ones the lower class first. */
function quotas(counts: readonly number[], total: number): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (count * total) / all);
  const shares = exact.map(Math.floor);
  const order = exact.map((_, c) => c).sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!) || a - b);
  const left = total - shares.reduce((sum, share) => sum + share, 0);
  for (const c of order.slice(0, left)) shares[c]!++;
  return shares;
}

/** The class of each sample of these data. @throws RangeError for data without classes. */
export function labelsOf({ dataset, subset, count }: SharedData, where: string): Int32Array {
  const targets = 'inputs' in dataset ? Object.values(dataset.targets).filter(({ shape }) => shape.length === 0) : [];
  const values =
    'inputs' in dataset ? targets.find(({ values }) => values instanceof Int32Array)?.values : dataset.labels;
  if (!values) throw new RangeError(`${where}: needs a target that is one class number for each sample`);
  return Int32Array.from({ length: count }, (_, place) => values[subset ? subset[place]! : place]!);
}

function countsOf(labels: Int32Array): number[] {
  const counts: number[] = [];
  for (const label of labels) {
    while (counts.length <= label) counts.push(0);
    counts[label]!++;
  }
  return counts;
}

/** samples ÷ (classes · samples of the class), as scikit-learn's `balanced`; 0 for a class without samples. */
function balanced(data: SharedData): number[] {
  const counts = countsOf(labelsOf(data, 'balanced'));
  const classes = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : data.count / (classes * count)));
}

function perSample(data: SharedData, weights: readonly number[]): Float32Array {
  return Float32Array.from(labelsOf(data, 'classWeights'), (label) => weights[label] ?? 0);
}

/**
 * The data with a weight for each sample's loss, by its class. The tensor must stay reachable while the run goes on.
 * @throws RangeError for weights that are negative or too few, and for data without classes.
 */
export function weighted(
  data: SharedData,
  classWeights: 'balanced' | readonly number[],
  arena: Arena,
): { data: SharedData; kept: unknown } {
  const weights = classWeights === 'balanced' ? balanced(data) : classWeights;
  const least = Math.max(...labelsOf(data, 'classWeights')) + 1;
  if (weights.length < least || !weights.every((weight) => weight >= 0 && weight < Number.POSITIVE_INFINITY))
    throw new RangeError(`classWeights: expected at least ${least} finite numbers ≥ 0, got [${weights.join(', ')}]`);
  const all = new Float32Array(data.dataset.count);
  const own = perSample(data, weights);
  for (let place = 0; place < data.count; place++) all[data.subset ? data.subset[place]! : place] = own[place]!;
  const kept = tensor(all, { shape: [all.length], arena });
  const address = kept.node.storage!.offsetBytes;
  return { data: { ...data, weights: { kind: 'rows', address, sampleBytes: 4 } }, kept };
}
