/** How good class probabilities are, not only their largest. Sums in f64, in the order of the examples. */
import { tensor } from '@lockstep/core';
import { checkClasses, type ScoredClasses } from './check.ts';

/** The smallest normal number, so that a right class of probability 0 costs 87.3 nats and not infinitely many. */
const leastNormal = 2 ** -126;

/** The mean of −ln p of the right class, in nats. */
export function negativeLogLikelihood(of: ScoredClasses): number {
  const { count, classes } = checkClasses('negativeLogLikelihood', of);
  const { data } = of.probabilities;
  const right = Float32Array.from({ length: count }, (_, i) => data[i * classes + of.labels[i]!]!);
  return tensor(right, { shape: [count] })
    .maximum(leastNormal)
    .log()
    .neg()
    .mean()
    .item();
}

/** The mean over examples of Σ (p − 1 if the class is right, p otherwise)² (Brier 1950): 0 is perfect, 2 the worst. */
export function brierScore(of: ScoredClasses): number {
  const { count, classes } = checkClasses('brierScore', of);
  const { data } = of.probabilities;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < classes; c++) {
      const miss = data[i * classes + c]! - Number(c === of.labels[i]);
      sum += miss * miss;
    }
  }
  return sum / count;
}

/**
 * Expected calibration error (Naeini et al. 2015; Guo et al. 2017): examples in `bins` equal bins (b/bins, (b + 1)/bins] of their largest
 * probability; the mean over examples of |accuracy − mean largest probability| of their bin, 0 to 1. Of equally probable classes the first
 * is the prediction.
 *
 * @throws RangeError unless `bins` is an integer from 1.
 */
export function expectedCalibrationError(of: ScoredClasses, options: { readonly bins?: number } = {}): number {
  const { bins = 15 } = options;
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`expectedCalibrationError: bins must be an integer ≥ 1, got ${bins}`);
  const { count, classes } = checkClasses('expectedCalibrationError', of);
  const { data } = of.probabilities;
  const excess = new Float64Array(bins);
  for (let i = 0; i < count; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (data[i * classes + c]! > data[i * classes + best]!) best = c;
    const confidence = data[i * classes + best]!;
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1));
    excess[bin]! += confidence - Number(best === of.labels[i]);
  }
  return excess.reduce((sum, value) => sum + Math.abs(value), 0) / count;
}
