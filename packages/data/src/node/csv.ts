/** A CSV file (RFC 4180, any delimiter) → a table of numbers and classes. */
import { createReadStream } from 'node:fs';
import { basename, extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { type CsvOptions, CsvRows, csvSyntax, malformedCsv } from '../csv-rows.ts';
import type { FeatureTable } from '../csv-table.ts';
import { DataError, messageOf } from '../data-error.ts';
import { requireAtMost } from '../limits.ts';
import { fileSizeBytes } from './read-file.ts';

/**
 * Every column but the label's holds numbers. Classes are the label's different values, in order.
 *
 * @throws DataError naming line and column for missing values and for what is no number, for rows of another length, for a label that is no
 * column, and beyond the bounds: 2 GiB a file, 16 MiB a row, 65 536 columns of 1024 characters, 2²⁸ values and rows, 10 000 classes of 1024
 * characters. Memory is at most 24 bytes a value and row, and three rows of text.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<FeatureTable> {
  requireAtMost(fileSizeBytes(path), { where: path, hint: 'Read it in parts.' });
  const parser = parse({ ...csvSyntax, delimiter: options.delimiter ?? ',' });
  const table = new CsvRows(path, options);
  const addAll = async (rows: AsyncIterable<{ record: string[]; info: { lines: number } }>): Promise<void> => {
    for await (const { record, info } of rows) table.add(record, info.lines);
  };
  try {
    // A pipeline hears the errors of the file too.
    await pipeline(createReadStream(path), parser, addAll);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (cause instanceof CsvError) throw malformedCsv(path, cause);
    throw new DataError({
      where: path,
      expected: 'a file that can be read',
      got: messageOf(cause),
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
  return table.finish(basename(path, extname(path)));
}
