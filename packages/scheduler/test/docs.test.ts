/** The snippets of docs/training.md are programs: each runs as it stands. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const page = readFileSync(new URL('../../../docs/training.md', import.meta.url), 'utf8');
const snippets = [...page.matchAll(/^## (.*)\n+```ts\n([\s\S]*?)^```$/gm)].map(
  ([, title, code]) => [title!, code!] as const,
);

test('there are snippets', () => {
  expect(snippets.length).toBeGreaterThan(3);
});

test.each(snippets)('%s', async (_title, code) => {
  // Inside the package, so that its imports are found.
  const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'snippet-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'snippet.ts');
  writeFileSync(file, code);
  const { stderr } = await promisify(execFile)(process.execPath, ['--conditions=@lockstep/source', file]);
  expect(stderr).toBe('');
});
