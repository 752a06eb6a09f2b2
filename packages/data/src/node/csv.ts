/** A CSV file (RFC 4180, any delimiter) → a table of numbers and classes. */
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { type CsvOptions, CsvRows, csvSyntax, malformedCsv } from '../csv-rows.ts';
import type { FeatureTable } from '../csv-table.ts';
import { DataError } from '../data-error.ts';
import { fileSizeBytes } from './read-file.ts';

const mostFileBytes = 2 ** 31;

/**
 * Every column but the label's holds numbers. Classes are the label's different values, in order.
 *
 * @throws DataError naming line and column for missing values and for what is no number, for rows of another length, for a label that is no
 * column, and for files beyond 2 GiB.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<FeatureTable> {
  const bytes = fileSizeBytes(path);
  if (bytes > mostFileBytes)
    throw new DataError({
      where: path,
      expected: `at most ${mostFileBytes} bytes`,
      got: String(bytes),
      hint: 'Read it in parts.',
    });
  const parser = parse({ ...csvSyntax, delimiter: options.delimiter ?? ',' });
  const rows = new CsvRows(path, options);
  try {
    for await (const { record, info } of createReadStream(path).pipe(parser) as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>)
      rows.add(record, info.lines);
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    throw malformedCsv(path, thrown);
  }
  return rows.finish(basename(path, extname(path)));
}
