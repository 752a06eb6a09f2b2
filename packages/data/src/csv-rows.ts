/** Records of a CSV file → a table of numbers and classes, wherever the records come from. */
import { type FeatureTable, TableBuilder } from './csv-table.ts';
import { DataError, messageOf, quoted, shortened } from './data-error.ts';

export interface CsvOptions {
  /** The column of classes: its name, or without a header its number from 0. */
  readonly label: string | number;
  /** Whether the first line names the columns. Default true. */
  readonly header?: boolean;
  /** Default a comma. */
  readonly delimiter?: string;
}

const mostColumns = 65_536;
const longestName = 1024;

/** What the parsers of csv-parse are told, in Node and in browsers. */
export const csvSyntax: {
  readonly bom: true;
  readonly record_delimiter: string[];
  readonly skip_empty_lines: true;
  readonly max_record_size: number;
  readonly relax_column_count: true;
  readonly info: true;
} = {
  bom: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  skip_empty_lines: true,
  max_record_size: 2 ** 24,
  relax_column_count: true,
  info: true,
};

/** Takes the records in their order; the first names the columns, unless the options say that there is no header. */
export class CsvRows {
  readonly #where: string;
  readonly #options: CsvOptions;
  #table: TableBuilder | undefined;

  constructor(where: string, options: CsvOptions) {
    this.#where = where;
    this.#options = options;
  }

  /** `line`: of the file, from 1. */
  add(record: readonly string[], line: number): void {
    if (this.#table) {
      this.#table.add(record, line);
      return;
    }
    const { header = true } = this.#options;
    const columns = header ? record.map((name) => name.trim()) : record.map((_, i) => `column ${i}`);
    this.#table = new TableBuilder(this.#where, columns, labelIndex(this.#where, columns, this.#options));
    if (!header) this.#table.add(record, line);
  }

  finish(name: string): FeatureTable {
    if (this.#table) return this.#table.finish(name);
    throw new DataError({ where: this.#where, expected: 'rows', got: 'an empty file', hint: 'Check the file.' });
  }
}

/** What is thrown in the place of the parser's own error. */
export function malformedCsv(where: string, cause: unknown): DataError {
  return new DataError({
    where,
    expected: 'comma-separated values',
    got: shortened(messageOf(cause), 200),
    hint: 'Check the quotes there.',
    cause,
  });
}

function labelIndex(path: string, columns: readonly string[], { label, header = true }: CsvOptions): number {
  const fail = (expected: string, got: string, hint: string): never => {
    throw new DataError({ where: path, expected, got, hint });
  };
  if (columns.length > mostColumns)
    fail(`at most ${mostColumns} columns`, String(columns.length), 'Check the delimiter.');
  const long = columns.find((name) => name.length > longestName);
  if (long !== undefined)
    fail(`names of at most ${longestName} characters`, quoted(long), 'Does the file have a header?');
  const places = new Map(columns.map((name, i) => [name, i]));
  const twice = columns.find((name, i) => places.get(name) !== i);
  if (twice !== undefined)
    fail('columns of different names', `${quoted(twice)} twice`, header ? 'Does the file have a header?' : '');
  const index = header || !/^\d+$/.test(String(label)) ? columns.indexOf(String(label)) : Number(label);
  const names = `${columns
    .slice(0, 8)
    .map((name) => shortened(name))
    .join(', ')}${columns.length > 8 ? ', …' : ''}`;
  if (index < 0 || index >= columns.length)
    fail(`a label among the columns ${names}`, JSON.stringify(label), 'Name the column of classes.');
  return index;
}
