/** `node build.ts [folder]`: the page by esbuild. The two workers lie beside its script, by these names. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = process.argv[2] ?? 'dist';
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: {
    page: 'page.ts',
    coordinator: '@lockstep/browser/coordinator',
    'trainer-worker': '@lockstep/browser/trainer-worker',
  },
  outdir: folder,
  ...{ bundle: true, format: 'esm', splitting: true, target: 'es2024' },
});
mkdirSync(folder, { recursive: true });
const html = readFileSync(join(import.meta.dirname, 'index.html'), 'utf8');
writeFileSync(join(folder, 'index.html'), html.replace('./page.ts', './page.js'));
