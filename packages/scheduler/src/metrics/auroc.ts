/** The area under the ROC curve. */
import { ShapeError } from '@lockstep/core';

/**
 * The probability that a positive example scores higher than a negative one, ties counting half: the area under the ROC curve, by the
 * Mann–Whitney statistic of midranks. Exact: the sums are of half-integers, in f64, for up to 2²⁶ scores.
 *
 * `scores` [N], `targets` [N]: 1 or true where an example is positive, 0 or false where it is negative → 0 to 1.
 *
 * @throws ShapeError if the lengths differ; RangeError for NaN, for targets that are neither, and unless both kinds occur.
 */
export function auroc(scores: ArrayLike<number>, targets: ArrayLike<number | boolean>): number {
  const n = scores.length;
  if (targets.length !== n)
    throw new ShapeError(`auroc: expected a target for each of ${n} scores, got ${targets.length}`);
  let positives = 0;
  for (let i = 0; i < n; i++) {
    if (Number.isNaN(scores[i])) throw new RangeError(`auroc: expected numbers, got NaN at index ${i}`);
    const target = Number(targets[i]);
    if (target !== 0 && target !== 1)
      throw new RangeError(`auroc: expected targets 0 or 1, got ${targets[i]} at index ${i}`);
    positives += target;
  }
  const negatives = n - positives;
  if (positives === 0 || negatives === 0)
    throw new RangeError(`auroc: expected positive and negative targets, got ${positives} and ${negatives}`);
  const order = Float64Array.from({ length: n }, (_, i) => i).sort((a, b) => ascending(scores[a]!, scores[b]!));
  // Twice the pairs won: 2 for each negative below a positive, 1 for each one level with it.
  let won = 0;
  let below = 0;
  for (let from = 0; from < n; ) {
    const score = scores[order[from]!]!;
    let to = from;
    let up = 0;
    for (; to < n && scores[order[to]!]! === score; to++) up += Number(targets[order[to]!]);
    const level = to - from - up;
    won += up * (2 * below + level);
    below += level;
    from = to;
  }
  return won / (2 * positives * negatives);
}

/** By comparison, not difference: infinities may tie. */
function ascending(a: number, b: number): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
