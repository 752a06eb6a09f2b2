/** The engine in somebody else's page: the documented example, built as documented, gives the weights of Node. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Adam, manualSeed } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { arrayDataset } from '@lockstep/data';
import { train, weightsHash } from '@lockstep/scheduler';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLibrary } from '../scripts/build.ts';
import { serve } from '../src/static-server.ts';
import { describeInChromium, launch, openPage } from './chromium.ts';

const example = fileURLToPath(new URL('../../../examples/browser/', import.meta.url));

describeInChromium('the example of a page that embeds the engine', () => {
  let folder: string;
  let expected: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-embed-'));
    await buildLibrary(fileURLToPath(new URL('../dist/lib/', import.meta.url)));
    expected = await inNode();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(['esbuild', 'vite'])('by %s', async (tool) => {
    const outDir = join(folder, tool);
    if (tool === 'esbuild') execFileSync(process.execPath, [join(example, 'build.ts'), outDir]);
    else await build({ root: example, logLevel: 'error', build: { outDir, emptyOutDir: true } });
    const site = await serve({ root: outDir, port: 0 });
    const browser = await launch();
    try {
      const { page, errors } = await openPage(browser);
      await page.goto(site.address);
      await page.locator('output').filter({ hasText: 'weights' }).waitFor();
      expect(await page.textContent('output')).toMatch(new RegExp(`^9\\d\\.\\d % right, weights ${expected}$`));
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      await site.close();
    }
  });
});

test('docs/browser.md shows the example as it is', () => {
  const docs = readFileSync(new URL('../../../docs/browser.md', import.meta.url), 'utf8');
  expect(docs).toContain(`\`\`\`ts\n${readFileSync(join(example, 'page.ts'), 'utf8')}\`\`\``);
});

/** The example's points and settings. */
async function inNode(): Promise<string> {
  const count = 2000;
  const features = Float32Array.from({ length: 2 * count }, (_, i) => ((i * 0.7548776662) % 2) - 1);
  const labels = Int32Array.from({ length: count }, (_, i) =>
    features[2 * i]! ** 2 + features[2 * i + 1]! ** 2 < 0.6 ? 1 : 0,
  );
  const data = arrayDataset({ features: features.slice(0, 3200), labels: labels.slice(0, 1600), shape: [2] });
  manualSeed(0);
  const model = new MLP([2], 2, { dropout: 0.1 });
  const optimizer = new Adam(model.parameters());
  await train({ model, optimizer, data, epochs: 5, batchSize: 128, seed: 0 });
  return weightsHash(model);
}
