/** Precision, recall and F1 from a confusion matrix. */
import type { ClassMetric } from './metric.ts';

/** Counts [C][C]: rows are the true classes, columns the predicted ones. */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Right among those predicted: 0 for a class that is never predicted. */
export function precision(matrix: ConfusionMatrix): ClassMetric {
  return classMetric(matrix, ({ right, predicted }) => ratio(right, predicted));
}

/** Right among those that are: 0 for a class that does not occur. */
export function recall(matrix: ConfusionMatrix): ClassMetric {
  return classMetric(matrix, ({ right, actual }) => ratio(right, actual));
}

/** The harmonic mean of both, 2·right ÷ (predicted + actual): 0 for a class that does neither. */
export function f1(matrix: ConfusionMatrix): ClassMetric {
  return classMetric(matrix, ({ right, predicted, actual }) => ratio(2 * right, predicted + actual));
}

interface ClassCounts {
  readonly right: number;
  readonly predicted: number;
  readonly actual: number;
}

function classMetric(matrix: ConfusionMatrix, formula: (counts: ClassCounts) => number): ClassMetric {
  const counts = matrix.map((row, c) => ({
    right: row[c]!,
    predicted: sum(matrix.map((other) => other[c]!)),
    actual: sum(row),
  }));
  const perClass = counts.map(formula);
  const all = {
    right: sum(counts.map(({ right }) => right)),
    predicted: sum(counts.map(({ predicted }) => predicted)),
    actual: sum(counts.map(({ actual }) => actual)),
  };
  return { perClass, macro: sum(perClass) / perClass.length, micro: formula(all) };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
