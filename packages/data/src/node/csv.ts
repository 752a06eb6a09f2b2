/** A CSV file (RFC 4180, any delimiter) → a table of numbers and classes. */
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { type FeatureTable, TableBuilder } from '../csv-table.ts';
import { DataError, messageOf } from '../data-error.ts';
import { fileSizeBytes } from './read-file.ts';

export interface CsvOptions {
  /** The column of classes: its name, or without a header its number from 0. */
  readonly label: string | number;
  /** Whether the first line names the columns. Default true. */
  readonly header?: boolean;
  /** Default a comma. */
  readonly delimiter?: string;
}

const mostFileBytes = 2 ** 31;
const mostColumns = 65_536;
const mostRecordBytes = 2 ** 24;

/**
 * Every column but the label's holds numbers. Classes are the label's different values, in order.
 *
 * @throws DataError naming line and column for missing values and for what is no number, for rows of another length, for a label that is no
 * column, and for files beyond 2 GiB.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<FeatureTable> {
  const { header = true, delimiter = ',' } = options;
  const bytes = fileSizeBytes(path);
  if (bytes > mostFileBytes)
    throw new DataError({
      where: path,
      expected: `at most ${mostFileBytes} bytes`,
      got: String(bytes),
      hint: 'Read it in parts.',
    });
  const parser = parse({
    delimiter,
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    max_record_size: mostRecordBytes,
    relax_column_count: true,
    info: true,
  });
  let table: TableBuilder | undefined;
  try {
    for await (const { record, info } of createReadStream(path).pipe(parser) as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (table) table.add(record, info.lines);
      else {
        const columns = header ? record.map((name) => name.trim()) : record.map((_, i) => `column ${i}`);
        table = new TableBuilder(path, columns, labelIndex(path, columns, { ...options, header }));
        if (!header) table.add(record, info.lines);
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    throw new DataError({
      where: path,
      expected: 'comma-separated values',
      got: messageOf(thrown),
      hint: 'Check the quotes there.',
      cause: thrown,
    });
  }
  if (!table) throw new DataError({ where: path, expected: 'rows', got: 'an empty file', hint: 'Check the path.' });
  return table.finish(basename(path, extname(path)));
}

function labelIndex(path: string, columns: readonly string[], { label, header }: CsvOptions): number {
  const fail = (expected: string, got: string, hint: string): never => {
    throw new DataError({ where: path, expected, got, hint });
  };
  if (columns.length > mostColumns)
    fail(`at most ${mostColumns} columns`, String(columns.length), 'Check the delimiter.');
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined)
    fail('columns of different names', `${JSON.stringify(twice)} twice`, header ? 'Does the file have a header?' : '');
  const index = header || !/^\d+$/.test(String(label)) ? columns.indexOf(String(label)) : Number(label);
  const names = `${columns.slice(0, 8).join(', ')}${columns.length > 8 ? ', …' : ''}`;
  if (index < 0 || index >= columns.length)
    fail(`a label among the columns ${names}`, JSON.stringify(label), 'Name the column of classes.');
  return index;
}
