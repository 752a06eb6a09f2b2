/** The hashes that docs/determinism.md publishes: the table there is what tests and the command compare to. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Hashes } from './matrix.ts';

const document = new URL('../docs/determinism.md', import.meta.url);
const row = /^\| `([a-z0-9-]+)` \| `([0-9a-f]{64})` \| `([0-9a-f]{64})` \|$/gm;
const table = /(<!-- hashes: .*-->\n)[\s\S]*?(<!-- end of hashes -->)/;

export function publishedHashes(): ReadonlyMap<string, Hashes> {
  const [text = ''] = table.exec(readFileSync(document, 'utf8')) ?? [];
  return new Map(
    [...text.matchAll(row)].map(([, recipe, weights, outputs]) => [recipe!, { weights: weights!, outputs: outputs! }]),
  );
}

/** Replaces the table. */
export function publishHashes(hashes: ReadonlyMap<string, Hashes>): void {
  const rows = [...hashes].map(
    ([recipe, { weights, outputs }]) => `| \`${recipe}\` | \`${weights}\` | \`${outputs}\` |\n`,
  );
  const head = '\n| recipe | weights | outputs |\n|---|---|---|\n';
  const text = readFileSync(document, 'utf8');
  if (!table.test(text)) throw new Error('docs/determinism.md has no place for the table of hashes');
  writeFileSync(
    document,
    text.replace(table, (_, begin: string, end: string) => `${begin}${head}${rows.join('')}\n${end}`),
  );
}
