/** Bundles the command: dist/main.js (start), worker.js (piscina's threads), core.js and models.js (what a user's model file imports). */
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const app = new URL('..', import.meta.url);
const outdir = fileURLToPath(new URL('dist/', app));

// Piscina finds its own worker file by path, so it stays a package; this line fails where it is not installed.
import.meta.resolve('piscina');

await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: fileURLToPath(app),
  entryPoints: {
    main: 'src/main.ts',
    worker: '@lockstep/scheduler/worker-node',
    core: '@lockstep/core',
    models: '@lockstep/core/models',
  },
  outdir,
  bundle: true,
  // Shared chunks lie beside the entries: `new URL('./worker.js', import.meta.url)` holds in every one of them.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.18',
  conditions: ['@lockstep/source'],
  external: ['piscina'],
  sourcemap: 'external',
  logLevel: 'warning',
});
