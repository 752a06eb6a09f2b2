/** The metrics of an evaluation: their names and what they give. */

/**
 * Of class scores: `accuracy`, `top2`, `top5`, … (the right class is among that many largest scores), `confusionMatrix`, `precision`, `recall`,
 * `f1`, `auroc`. Of numbers: `mse`, `mae`, `r2`.
 */
export type MetricName =
  | 'accuracy'
  | 'confusionMatrix'
  | 'precision'
  | 'recall'
  | 'f1'
  | 'auroc'
  | 'mse'
  | 'mae'
  | 'r2'
  | `top${number}`;

/** One number for each class, and what is made of them. */
export interface ClassMetric {
  readonly perClass: readonly number[];
  /** The mean over the classes. */
  readonly macro: number;
  /** Over all samples together: with one class each, the accuracy. */
  readonly micro: number;
}

/** What was asked for, by name. */
export interface MetricValues {
  readonly accuracy?: number;
  /** Rows are the true classes, columns the predicted ones. */
  readonly confusionMatrix?: readonly (readonly number[])[];
  /** Right among those predicted; 0 for a class that is never predicted. */
  readonly precision?: ClassMetric;
  /** Right among those that are; 0 for a class that does not occur. */
  readonly recall?: ClassMetric;
  /** 2·right ÷ (predicted + occurring); 0 for a class that does neither. */
  readonly f1?: ClassMetric;
  /**
   * Each class against the rest, by its probability. NaN for a class that none or all of the samples are of; `macro` is the mean over the
   * others.
   */
  readonly auroc?: Omit<ClassMetric, 'micro'>;
  readonly mse?: number;
  readonly mae?: number;
  /** 1 − Σ(y − ŷ)² ÷ Σ(y − ȳ)², the mean over the outputs of a sample; NaN for a target that is constant. */
  readonly r2?: number;
  readonly [top: `top${number}`]: number;
}

const known: readonly string[] = [
  'accuracy',
  'confusionMatrix',
  'precision',
  'recall',
  'f1',
  'auroc',
  'mse',
  'mae',
  'r2',
];

/** k of `top5`; undefined for another metric. */
export function topK(name: MetricName): number | undefined {
  const k = /^top([1-9]\d*)$/.exec(name)?.[1];
  return k === undefined ? undefined : Number(k);
}

/** @throws RangeError for a name that is none. */
export function checkMetrics(names: readonly MetricName[]): void {
  for (const name of names) {
    if (known.includes(name) || topK(name) !== undefined) continue;
    throw new RangeError(`metrics: expected names among ${known.join(', ')} and top2, top3, …, got ${String(name)}`);
  }
}

/** The number at a path such as `f1.macro` or `top5`; undefined where there is none. */
export function metricAt(values: object, path: string): number | undefined {
  const found = path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      values,
    );
  return typeof found === 'number' ? found : undefined;
}
