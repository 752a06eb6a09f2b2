/** The batch plan of one epoch: which samples each step trains on; nothing is padded or dropped, no state is kept. */

export interface BatchOptions {
  /** Samples in the dataset, ≥ 1. */
  readonly count: number;
  /** Samples a step, ≥ 1; the last step takes what remains. */
  readonly batchSize: number;
  /**
   * A bijection of 0…count − 1: place in the epoch → sample. Core's counter-based permutation of (seed, epoch) makes
   * the shuffle; without it the samples come in file order.
   */
  readonly permute?: (place: number) => number;
}

export interface BatchPlan {
  readonly count: number;
  readonly batchSize: number;
  /** Steps in the epoch: ⌈count / batchSize⌉. */
  readonly steps: number;
  /** Samples in `step`: batchSize, or the remainder in the last. A RangeError outside 0…steps − 1. */
  sizeOf(step: number): number;
  /** Writes the sample indices of `step` to the front of `into` (≥ sizeOf(step) long) and returns how many. */
  fill(step: number, into: Int32Array): number;
}

/** Any step can be asked for at any time, so a resumed run continues in the middle of an epoch. */
export function batches({ count, batchSize, permute = inOrder }: BatchOptions): BatchPlan {
  requireWhole('count', count);
  requireWhole('batchSize', batchSize);
  const steps = Math.ceil(count / batchSize);
  const sizeOf = (step: number): number => {
    if (!Number.isInteger(step) || step < 0 || step >= steps) {
      throw new RangeError(`step: expected a whole number from 0 to ${steps - 1}, got ${step}.`);
    }
    return Math.min(batchSize, count - step * batchSize);
  };
  const fill = (step: number, into: Int32Array): number => {
    const size = sizeOf(step);
    if (into.length < size) throw new RangeError(`into: expected room for ${size} indices, got ${into.length}.`);
    const first = step * batchSize;
    for (let i = 0; i < size; i++) into[i] = permute(first + i);
    return size;
  };
  return { count, batchSize, steps, sizeOf, fill };
}

function inOrder(place: number): number {
  return place;
}

function requireWhole(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RangeError(`${name}: expected a whole number from 1, got ${value}.`);
}
