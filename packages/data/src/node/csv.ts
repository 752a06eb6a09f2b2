/** A CSV file (RFC 4180, any delimiter) → a table of numbers and classes. */
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { type FeatureTable, TableBuilder } from '../csv-table.ts';
import { DataError, messageOf, quoted, shortened } from '../data-error.ts';
import { mostDataBytes, requireAtMost } from '../limits.ts';
import { fileSizeBytes } from './read-file.ts';

export interface CsvOptions {
  /** The column of classes: its name, or without a header its number from 0. */
  readonly label: string | number;
  /** Whether the first line names the columns. Default true. */
  readonly header?: boolean;
  /** Default a comma. */
  readonly delimiter?: string;
}

const mostColumns = 65_536;
const mostRecordBytes = 2 ** 24;
const longestName = 1024;

/**
 * Every column but the label's holds numbers. Classes are the label's different values, in order.
 *
 * @throws DataError naming line and column for missing values and for what is no number, for rows of another length, for a label that is no
 * column, and beyond the bounds: 2 GiB a file, 16 MiB a row, 65 536 columns of 1024 characters, 2²⁸ values and rows, 10 000 classes of 1024
 * characters. Memory is at most 24 bytes a value and row, and three rows of text.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<FeatureTable> {
  const { header = true, delimiter = ',' } = options;
  const bytes = fileSizeBytes(path);
  requireAtMost(bytes, { where: path, most: mostDataBytes, hint: 'Read it in parts.' });
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
  const addAll = async (rows: AsyncIterable<{ record: string[]; info: { lines: number } }>): Promise<void> => {
    for await (const { record, info } of rows) {
      if (table) table.add(record, info.lines);
      else {
        const columns = header ? record.map((name) => name.trim()) : record.map((_, i) => `column ${i}`);
        table = new TableBuilder(path, columns, labelIndex(path, columns, { ...options, header }));
        if (!header) table.add(record, info.lines);
      }
    }
  };
  try {
    // A pipeline hears the errors of the file too.
    await pipeline(createReadStream(path), parser, addAll);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const isCsv = cause instanceof CsvError;
    throw new DataError({
      where: path,
      expected: isCsv ? 'comma-separated values' : 'a file that can be read',
      got: shortened(messageOf(cause), 200),
      hint: isCsv ? 'Check the quotes there.' : 'Check the path and its permissions.',
      cause,
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
