/** The column names in the first line of a table. */

/** Quoted names may hold commas, and "" for a quote; names are trimmed as the table's own reader does. */
export function parseCsvHeader(text: string): string[] {
  const line = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/, 1)[0]!;
  const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return fields
    .map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? '').trim())
    .filter((name) => name !== '');
}
