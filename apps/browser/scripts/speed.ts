/**
 * Images/s of the built page in Chromium beside the built command in Node, with the same settings, one after the other:
 * `node --conditions=@lockstep/source apps/browser/scripts/speed.ts [workers] [rounds]`.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { serve } from '../src/static-server.ts';

const workers = Number(process.argv[2] ?? availableParallelism());
const rounds = Number(process.argv[3] ?? 3);
const shared = { limit: 25_600, epochs: 1, evalLimit: 1000 };
const site = fileURLToPath(new URL('../dist/site/', import.meta.url));
const cli = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

async function inChromium(): Promise<number> {
  const { address, close } = await serve({ root: site, port: 0 });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage();
    const query = new URLSearchParams({ ...asText(shared), workers: String(workers), autostart: '1' });
    await page.goto(`${address}?${query}`);
    await page.locator('#status').filter({ hasText: /^Done/ }).waitFor({ timeout: 600_000 });
    return Number((await page.textContent('#speed'))!.replaceAll(',', ''));
  } finally {
    await browser.close();
    await close();
  }
}

async function inNode(...flags: string[]): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), 'lockstep-speed-'));
  try {
    const { limit, epochs, evalLimit } = asText(shared);
    const options = ['--limit', limit, '--epochs', epochs, '--eval-limit', evalLimit, '--workers', String(workers)];
    const run = [cli, 'train', ...options, ...flags, '--json', '--out', join(out, 'run')] as string[];
    const { stdout } = await promisify(execFile)(process.execPath, run);
    return (JSON.parse(stdout) as { imagesPerSecond: number }).imagesPerSecond;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function asText(values: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

const contenders = {
  Chromium: inChromium,
  'Node, 128-bit SIMD': () => inNode('--no-revectorize'),
  'Node, as it comes': () => inNode(),
};
const figures = new Map<string, number[]>();
// In turn, so that other work on the machine meets all of them.
for (let round = 0; round < rounds; round++)
  for (const [name, run] of Object.entries(contenders)) figures.set(name, [...(figures.get(name) ?? []), await run()]);
console.log(`seed network on MNIST, batches of 128, ${workers} workers: images/s, best of ${rounds}`);
for (const [name, values] of figures) {
  const [best, all] = [Math.max(...values), values.map((value) => Math.round(value)).join(', ')];
  console.log(`${Math.round(best).toString().padStart(8)}  ${name}  (${all})`);
}
