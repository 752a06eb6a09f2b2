/** Weighted draws with replacement: draw i of epoch e is a pure function of (seed, e, i), as the shuffle is. */
import { philox } from './philox.ts';
import { type Seed, streamKey } from './streams.ts';

/**
 * Draws indices of `weights` [N] with probabilities weight ÷ sum, as PyTorch's `WeightedRandomSampler` with replacement. The result gives the
 * draw at a place of the epoch.
 * @throws RangeError for weights that are negative or not finite, or that are all 0.
 */
export function weightedDraws(seed: Seed, epoch: number, weights: ArrayLike<number>): (place: number) => number {
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw new RangeError(`weights: expected finite numbers ≥ 0, got ${weight} at index ${i}`);
    total += weight;
    sums[i] = total;
  }
  if (!(total > 0 && total < Number.POSITIVE_INFINITY))
    throw new RangeError(`weights: expected a finite sum above 0, got ${total}`);
  const key = streamKey(seed, 'shuffle', 1);
  return (place) => {
    const [high, low] = philox([place >>> 0, epoch >>> 0, 0, 0], key);
    const deviate = (high * 2 ** 21 + (low >>> 11)) * 2 ** -53;
    return firstAbove(sums, deviate * total);
  };
}

/** The first index whose sum is above the value: one with a weight above 0. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
