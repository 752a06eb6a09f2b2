/** `inspect --dropout`: what dropout does to a small layer, drawn by the engine itself, and how often it drops in many draws. */
import { type DropoutPlace, F, manualSeed, ones, rand, type Tensor } from '@lockstep/core';

export interface DropoutDraw {
  readonly p: number;
  /** The model's calls with this p. */
  readonly places: readonly string[];
  readonly seed: number;
  /** Rows are samples. */
  readonly activations: readonly (readonly number[])[];
  /** 1 where an element was kept: read from `training`, since no activation is 0. */
  readonly mask: readonly (readonly number[])[];
  readonly training: readonly (readonly number[])[];
  readonly evaluation: readonly (readonly number[])[];
  readonly measured: MeasuredRate;
}

/** Dropped elements among many, beside what is expected of independent draws. */
interface MeasuredRate {
  readonly elements: number;
  readonly dropped: number;
  /** p ± 5·√(p·(1 − p)/elements). */
  readonly low: number;
  readonly high: number;
}

const [samples, width] = [2, 12];
const [manySamples, manyWidth] = [1000, 1000];
const sigmas = 5;

/** The different p of places with dropout of single elements, each with its places, in the order of the model. */
export function rates(places: readonly DropoutPlace[]): { p: number; places: string[] }[] {
  const single = places.filter(({ kind, elementwise }) => kind === 'inverted' && elementwise);
  const different = [...new Set(single.map(({ p }) => p))];
  return different.map((p) => ({ p, places: single.filter((at) => at.p === p).map(({ place }) => place) }));
}

/** Draws with one seed: the same picture for the same seed and p. */
export function drawDropout(at: { p: number; places: readonly string[]; seed: number }): DropoutDraw {
  const { p, seed } = at;
  manualSeed(seed);
  const x = rand([samples, width], { low: 0.25, high: 2 });
  const training = F.dropout(x, { p });
  const evaluation = F.dropout(x, { p, training: false });
  return {
    ...at,
    activations: rowsOf(x),
    mask: rowsOf(training).map((row) => row.map((value) => (value === 0 ? 0 : 1))),
    training: rowsOf(training),
    evaluation: rowsOf(evaluation),
    measured: measure(p),
  };
}

function measure(p: number): MeasuredRate {
  const { data } = F.dropout(ones([manySamples, manyWidth]), { p });
  const dropped = data.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
  const margin = sigmas * Math.sqrt((p * (1 - p)) / data.length);
  return { elements: data.length, dropped, low: Math.max(0, p - margin), high: Math.min(1, p + margin) };
}

function rowsOf(x: Tensor): number[][] {
  return x.toArray() as number[][];
}
