/** Aligned columns of text. */
import { styleText } from 'node:util';

export interface Column {
  readonly title: string;
  /** Numbers are aligned right. Default left. */
  readonly align?: 'left' | 'right';
}

/** Lines of a table: titles, rows and, under a rule, the totals. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  totals?: readonly string[],
): string {
  const all = [columns.map(({ title }) => title), ...rows, ...(totals ? [totals] : [])];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) =>
        align === 'right' ? (cells[i] ?? '').padStart(widths[i]!) : (cells[i] ?? '').padEnd(widths[i]!),
      )
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const head = styleText('bold', line(columns.map(({ title }) => title)));
  return [head, ...rows.map(line), ...(totals ? [rule, line(totals)] : [])].join('\n');
}
