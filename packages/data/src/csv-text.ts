/** The text of a CSV file → a table of numbers and classes: what a browser does with a file of the visitor. */
import { CsvError, parse } from 'csv-parse/browser/esm/sync';
import { type CsvOptions, CsvRows, csvSyntax, malformedCsv } from './csv-rows.ts';
import type { FeatureTable } from './csv-table.ts';

/** As `readCsv` of `@lockstep/data/node`, with the same table for the same text. `where`: the file's name, for errors. */
export function parseCsv(text: string, options: CsvOptions & { readonly where: string }): FeatureTable {
  const { where, delimiter = ',' } = options;
  const rows = new CsvRows(where, options);
  try {
    parse(text, {
      ...csvSyntax,
      delimiter,
      // Records are taken as they come, so that they are never all there.
      on_record: (found: unknown) => {
        const { record, info } = found as { record: string[]; info: { lines: number } };
        rows.add(record, info.lines);
        return null;
      },
    });
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    throw malformedCsv(where, thrown);
  }
  return rows.finish(where.replace(/\.[^.]*$/, ''));
}
