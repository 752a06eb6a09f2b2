/** Whether a series is flat: the last third against the second; the first is the warm-up. */
import type { Sample } from './sample.ts';

export interface Measure {
  readonly name: Exclude<keyof Sample, 'seconds' | 'steps'>;
  readonly title: string;
  /** What would be bad. */
  readonly bad: 'rise' | 'fall';
  /** A change by no more than this share of the mean is noise. */
  readonly share: number;
}

export const measures: readonly Measure[] = [
  { name: 'rssMiB', title: 'memory, MiB', bad: 'rise', share: 0.03 },
  { name: 'heapMiB', title: 'heap, MiB', bad: 'rise', share: 0.05 },
  { name: 'arenaMiB', title: 'arena, MiB', bad: 'rise', share: 0.01 },
  { name: 'threads', title: 'threads', bad: 'rise', share: 0.02 },
  { name: 'files', title: 'files', bad: 'rise', share: 0.05 },
  { name: 'handles', title: 'handles', bad: 'rise', share: 0.1 },
  // Other work on the machine is the noise here.
  { name: 'samplesPerSecond', title: 'samples/s', bad: 'fall', share: 0.15 },
];

export interface Verdict {
  readonly measure: Measure;
  readonly second: number;
  readonly last: number;
  /** What the difference may be: the larger of the measure's share and three standard errors. */
  readonly noise: number;
  readonly flat: boolean;
}

/** Samples apart from each other count as independent. A measure that the system does not give has none. */
export function verdictOf(samples: readonly Sample[], measure: Measure): Verdict | undefined {
  const values = samples.map((sample) => sample[measure.name]).filter((value) => value !== undefined);
  const third = Math.floor(values.length / 3);
  if (values.length < samples.length || third < 3) return undefined;
  const [second, last] = [describe(values.slice(-2 * third, -third)), describe(values.slice(-third))];
  const error = Math.sqrt((second.variance + last.variance) / third);
  const noise = Math.max(measure.share * Math.abs(second.mean), 3 * error);
  const change = (measure.bad === 'rise' ? 1 : -1) * (last.mean - second.mean);
  return { measure, second: second.mean, last: last.mean, noise, flat: change <= noise };
}

function describe(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}
