/** Metrics for people: on the line of an epoch, and as tables by class. */
import type { MetricValues } from '@lockstep/scheduler';
import { percent } from './format.ts';
import { table } from './table.ts';

const byClass = ['precision', 'recall', 'f1', 'auroc'] as const;

/** What goes on the line of an evaluation, one number a metric: means over the classes; nothing for the confusion matrix. */
export function metricsLine(values: MetricValues | undefined): string {
  return Object.entries(values ?? {})
    .flatMap(([name, value]) => {
      if (typeof value === 'number') return [`  ${name} ${percent(value)}`];
      return 'macro' in value ? [`  ${name} ${value.macro.toFixed(4)}`] : [];
    })
    .join('');
}

/** Ranks line by line, a table of the measures by class with their means, the confusion matrix. */
export function metricTables(values: MetricValues, classes: readonly string[]): string {
  const ranks = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name} ${percent(value)}`] : [],
  );
  const parts = [ranks.join('\n'), classTable(values, classes), confusionTable(values, classes)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function classTable(values: MetricValues, classes: readonly string[]): string {
  const measures = byClass.flatMap((name) => (values[name] ? [{ name, ...values[name] }] : []));
  if (measures.length === 0) return '';
  return table(
    [{ title: 'class' }, ...measures.map(({ name }) => ({ title: name, align: 'right' as const }))],
    classes.map((label, c) => [label, ...measures.map(({ perClass }) => number(perClass[c]!))]),
    ['mean', ...measures.map(({ macro }) => number(macro))],
  );
}

function confusionTable({ confusionMatrix: matrix }: MetricValues, classes: readonly string[]): string {
  if (!matrix) return '';
  return table(
    [{ title: 'is ╲ taken for' }, ...classes.map((title) => ({ title, align: 'right' as const }))],
    matrix.map((counts, c) => [classes[c]!, ...counts.map(String)]),
  );
}

function number(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(4);
}
