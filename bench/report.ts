/** What people and files get to see of results: the table on the terminal, the Markdown table, and the saved JSON. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Machine, machineSlug } from './machine.ts';
import type { RowResult } from './run.ts';
import { bestTorch, timesBetter, verdicts } from './verdicts.ts';

export interface SavedResults {
  readonly machine: Machine;
  readonly rows: readonly RowResult[];
}

/** A row as lines for the terminal. */
export function rowText(result: RowResult): string {
  const { row, contenders, rounds } = result;
  const best = bestTorch(result);
  const lines = contenders.map((contender) => {
    const { name, median, min, max, density } = contender;
    const ratio = best ? `${timesBetter(row.better, median, best.median).toFixed(2)}×` : '';
    const range = rounds > 1 ? `(${figure(min)} – ${figure(max)})` : '';
    const dense = density === undefined ? '' : `  ${Math.round(100 * density)} % nonzero`;
    return `  ${name.padEnd(34)}${figure(median).padStart(9)} ${row.unit.padEnd(13)}${range.padEnd(22)}${ratio.padStart(8)}${dense}`;
  });
  const targets = verdicts(result).map(({ subject, against, value, spread, goal, met }) => {
    const [low, high] = spread;
    const range = rounds > 1 ? ` (rounds ${low.toFixed(2)} – ${high.toFixed(2)})` : '';
    return `  ${met ? 'met   ' : 'MISSED'} ${goal.padEnd(8)}${value.toFixed(2)}×${range}  ${subject} : ${against}`;
  });
  const heading = `\n${row.name}: ${row.title}${best ? " – ratios to PyTorch's best" : ''}`;
  const { starts, of } = result.disturbed;
  const noise = starts > 0 ? [`  disturbed: other processes were busy at ${starts} of ${of} starts`] : [];
  return [heading, ...lines, ...targets, ...noise].join('\n');
}

/** Every target of all rows, missed ones first: the closing lines of a run. */
export function summaryText(results: readonly RowResult[]): string {
  const all = results.flatMap((result) => verdicts(result).map((verdict) => ({ row: result.row.name, ...verdict })));
  const missed = all.filter(({ met }) => !met);
  const lines = missed.map(
    ({ row, subject, against, value, goal }) =>
      `  ${row}: ${value.toFixed(2)}×, target ${goal} (${subject} : ${against})`,
  );
  return [
    `\n${all.length - missed.length} of ${all.length} targets met${missed.length > 0 ? '; missed:' : ''}`,
    ...lines,
  ].join('\n');
}

/** The table for the README: one line a row, ours at its best beside PyTorch's best, targets with their verdict. */
export function markdown({ machine, rows }: SavedResults): string {
  const lines = rows.map((result) => {
    const { row, contenders } = result;
    const best = bestTorch(result);
    const ours = contenders.filter(({ who }) => who === 'lockstep');
    const cell = (plain: boolean): string => {
      const fastest = ours
        .filter(({ name }) => name.startsWith('Lockstep plain') === plain)
        .reduce<(typeof ours)[number] | undefined>(
          (a, b) => (a && timesBetter(row.better, a.median, b.median) >= 1 ? a : b),
          undefined,
        );
      if (!fastest) return '';
      const ratio = best ? ` (${timesBetter(row.better, fastest.median, best.median).toFixed(1)}×)` : '';
      return figure(fastest.median) + ratio;
    };
    const peers = contenders
      .filter(({ who }) => who === 'peer')
      .map(({ name, median }) => `; ${name} ${figure(median)}`);
    const goals = verdicts(result).map(
      ({ goal, value, met }) => `${value.toFixed(2)} ${met ? 'meets' : '**misses**'} ${goal}`,
    );
    const torch = best ? figure(best.median) : '';
    return `| ${row.title}${peers.join('')} | ${row.unit} | ${cell(false)} | ${cell(true)} | ${torch} | ${goals.join('; ')} |`;
  });
  return [
    `Measured on ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, PyTorch ${machine.torch ?? 'absent'}; load before the run ${machine.load}.`,
    '',
    "| | unit | Lockstep | plain SIMD | PyTorch's best | targets |",
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

/** Writes `results/<machine>.json` and `.md`; rows that were not run keep what they had. Returns the paths. */
export function saveResults(machine: Machine, results: readonly RowResult[], order: readonly string[]): string[] {
  const path = (ending: string): URL => new URL(`./results/${machineSlug(machine)}.${ending}`, import.meta.url);
  mkdirSync(new URL('./results/', import.meta.url), { recursive: true });
  const before = readResults(fileURLToPath(path('json')))?.rows ?? [];
  const all = new Map([...before, ...results].map((result) => [result.row.name, result]));
  const rows = order.flatMap((name) => all.get(name) ?? []);
  const saved: SavedResults = { machine, rows };
  writeFileSync(path('json'), `${JSON.stringify(saved, null, 2)}\n`);
  writeFileSync(path('md'), markdown(saved));
  return ['json', 'md'].map((ending) => fileURLToPath(path(ending)));
}

/** Saved results; undefined when there is no such file. */
export function readResults(path: string): SavedResults | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SavedResults;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Three digits that matter, whole numbers from 100 up. */
export function figure(value: number): string {
  if (value < 100) return value.toPrecision(3);
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
}
