/** `--metrics`: which measures of class scores are computed besides loss and accuracy. */
import type { MetricName } from '@lockstep/scheduler';
import { UsageError } from './errors.ts';
import { suggestion } from './suggest.ts';

const names = ['confusionMatrix', 'precision', 'recall', 'f1', 'auroc'] as const satisfies readonly MetricName[];

/** The forms of `--metrics`, for help. */
export const metricForms: string = `top2, top3, …, ${names.join(', ')}`;

/** `top5,f1` → the library's names. A UsageError quotes the option and the name that is none. */
export function metricList(option: string): (text: string) => MetricName[] {
  return (text) => [...new Set(text.split(',').map((word) => metricOf(option, word.trim())))];
}

function metricOf(option: string, word: string): MetricName {
  const known = names.find((name) => name === word);
  if (known) return known;
  if (largestRank(word) !== undefined) return word as MetricName;
  const hint = suggestion(word, [...names, 'top5'], `For example: ${option} top5,f1.`);
  throw new UsageError({
    where: option,
    expected: metricForms,
    got: word === '' ? 'nothing' : JSON.stringify(word),
    hint,
  });
}

/** k of `top5`. */
function largestRank(word: string): number | undefined {
  const k = /^top([1-9]\d*)$/.exec(word)?.[1];
  return k === undefined ? undefined : Number(k);
}

/** Before anything is trained. @throws UsageError for more ranks than there are classes. */
export function checkMetricsFit(metrics: readonly MetricName[] | undefined, classes: number): void {
  const tooMany = metrics?.find((name) => (largestRank(name) ?? 0) > classes);
  if (tooMany === undefined) return;
  throw new UsageError({
    where: '--metrics',
    expected: `at most top${classes}, the number of classes`,
    got: tooMany,
    hint: 'Name fewer ranks.',
  });
}
