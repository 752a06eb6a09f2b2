/** Results as they are kept, and as a table: mean ± standard deviation over seeds. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunResult, Study } from './study.ts';

const folder = fileURLToPath(new URL('./results/', import.meta.url));

export function readResults(study: string): RunResult[] {
  const path = `${folder}${study}.json`;
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunResult[]) : [];
}

/** One run a line, so that a new run is a new line. */
export function saveResults(study: string, results: readonly RunResult[]): void {
  mkdirSync(folder, { recursive: true });
  const lines = results.map((result) => JSON.stringify(result));
  writeFileSync(`${folder}${study}.json`, `[\n${lines.join(',\n')}\n]\n`);
}

export interface Spread {
  readonly mean: number;
  /** Of the sample, n − 1; NaN for a single run. */
  readonly deviation: number;
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

function text(values: readonly number[], digits: number): string {
  const { mean, deviation } = spread(values);
  return values.length > 1 ? `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}` : mean.toFixed(digits);
}

/** A Markdown table of the runs, one variant a line. */
export function table(study: Study, results: readonly RunResult[]): string {
  const hasFinal = results.some(({ finalTrainLoss }) => finalTrainLoss !== undefined);
  const columns = [
    'variant',
    'runs',
    'epochs',
    'test accuracy %',
    'test loss',
    hasFinal ? 'final training loss' : 'training loss',
  ];
  const rows = study.variants.flatMap(({ name }) => {
    const runs = results.filter(({ variant }) => variant === name);
    if (runs.length === 0) return [];
    const last = runs.map(({ curve }) => curve.at(-1)!);
    return [
      [
        name,
        String(runs.length),
        [...new Set(runs.map(({ epochs }) => epochs))].join(', '),
        text(
          last.map(({ testAccuracy }) => 100 * testAccuracy),
          3,
        ),
        text(
          last.map(({ testLoss }) => testLoss),
          4,
        ),
        text(
          runs.map(({ finalTrainLoss }, i) => finalTrainLoss ?? last[i]!.trainLoss),
          4,
        ),
      ],
    ];
  });
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
