/** Bundles the programs that engines run, from source, so that no package has to be built before. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

export interface Bundles {
  /** For worker threads: `main.js`, `worker.js`. */
  readonly threads: string;
  /** A site: `index.html`, `coordinator.js`, `worker.js`. */
  readonly site: string;
}

const own = fileURLToPath(new URL('..', import.meta.url));

const common: BuildOptions = {
  absWorkingDir: own,
  bundle: true,
  splitting: true,
  format: 'esm',
  conditions: ['@lockstep/source'],
  logLevel: 'warning',
};

/** A page that only starts the coordinator and tells the server when that is impossible. */
const page = `<!doctype html><title>hashes</title><link rel="icon" href="data:,"><script type="module">
const end = (error) => fetch('./end', { method: 'POST', body: JSON.stringify({ error }) });
const worker = new Worker('./coordinator.js', { type: 'module' });
worker.addEventListener('error', ({ message }) => end(message || 'the coordinator could not start'));
</script>
`;

/** `name`: a folder below `dist` of its own for each caller. It lies inside of the package, where piscina is found. */
export async function buildBundles(name: string): Promise<Bundles> {
  const [threads, site] = ['threads', 'site'].map((kind) => join(own, 'dist', name, kind)) as [string, string];
  await build({
    ...common,
    platform: 'node',
    target: 'node22.12',
    outdir: threads,
    entryPoints: { main: 'programs/threads.ts', worker: '@lockstep/scheduler/worker-node' },
    external: ['piscina'],
  });
  await build({
    ...common,
    platform: 'browser',
    target: 'es2024',
    outdir: site,
    entryPoints: { coordinator: 'programs/coordinator.ts', worker: '@lockstep/scheduler/worker-browser' },
  });
  await mkdir(site, { recursive: true });
  await writeFile(join(site, 'index.html'), page);
  return { threads, site };
}
