/** Builds the site: bundles of the page and its workers, static files, data sets, and the server beside them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { en } from '../src/i18n/en.ts';
import { type ServedName, servedNames } from '../src/run/settings.ts';
import { isolationHeaders } from '../src/static-server.ts';
import { placeData, thereOnThisMachine } from './place-data.ts';

export interface SiteOptions {
  /** Emptied first, but for its data. */
  readonly folder: string;
  /** More bundles, by name: tests bring pages and workers of their own. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Data sets to serve. */
  readonly data: readonly ServedName[];
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

/** For hosts that read such a file (Netlify, Cloudflare Pages). */
const hostHeaders = `/*
${Object.entries(isolationHeaders)
  .map(([name, value]) => `  ${name}: ${value}\n`)
  .join('')}`;

/** The coordinator and the trainer worker, by the names that pages look for. */
const workers = {
  coordinator: 'src/worker/coordinator.ts',
  'trainer-worker': '@lockstep/scheduler/worker-browser',
};

export async function buildSite({ folder, entries = {}, data }: SiteOptions): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name !== 'data') rmSync(join(folder, name), { recursive: true });
  await build({
    ...common,
    platform: 'browser',
    outdir: folder,
    // Coordinator and trainer workers share the kernels.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    entryPoints: { page: 'src/page/main.ts', style: 'src/style.css', ...workers, ...entries },
  });
  // A service worker's file must keep its address, and stand alone.
  await build({
    ...common,
    platform: 'browser',
    outfile: join(folder, 'isolation.js'),
    entryPoints: ['src/isolation-worker.ts'],
  });
  writeFileSync(join(folder, 'index.html'), englishPage());
  writeFileSync(join(folder, '_headers'), hostHeaders);
  await placeData(join(folder, 'data'), data);
}

/** The page before any script runs: its texts in English. */
function englishPage(): string {
  return readFileSync(join(app, 'src/index.html'), 'utf8').replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => {
    const text = (en as Readonly<Record<string, string>>)[key];
    if (text === undefined) throw new Error(`index.html: there is no text ${key} in src/i18n/en.ts`);
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  });
}

/** What `@lockstep/browser` is to a page of somebody else: one module, and the workers beside it. */
export async function buildLibrary(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    ...common,
    platform: 'browser',
    outdir: folder,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    entryPoints: { index: 'src/index.ts', ...workers },
  });
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

/** Gzip sizes of what a visitor loads, without the data. */
function sizes(folder: string): { name: string; gzipBytes: number }[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /\.(js|css|html)$/.test(name))
    .map((name) => ({ name, gzipBytes: gzipSync(readFileSync(join(folder, name)), { level: 9 }).length }));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { data: { type: 'string' } } });
  const unknown = values.data?.split(',').find((name) => !servedNames.some((served) => served === name));
  if (unknown !== undefined)
    throw new RangeError(`--data: expected some of ${servedNames.join(',')}, got “${unknown}”`);
  const names = servedNames.filter((name) => values.data?.split(',').includes(name) ?? thereOnThisMachine(name));
  const folder = join(app, 'dist/site');
  await buildSite({ folder, data: names });
  await buildLibrary(join(app, 'dist/lib'));
  await buildServer(join(app, 'dist'));
  const files = sizes(folder);
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(1)} KiB`;
  for (const { name, gzipBytes } of files) console.log(`${kib(gzipBytes).padStart(10)}  ${name}`);
  const total = files.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  console.log(`page + engine: ${kib(total)} gzip, without the data (${names.join(', ')})`);
}
