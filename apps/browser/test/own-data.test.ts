/** What visitors drop: tables and folders of images train as in Node, and anything else is refused in clear words. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { button, pageHarness, statusLike } from './harness.ts';
import { nodeHash } from './node-run.ts';

const table = [
  'width,height,kind',
  ...Array.from({ length: 60 }, (_, i) => `${(i * 7) % 11},${(i * 5) % 13},${i % 3 === 0 ? 'cat' : 'dog'}`),
].join('\n');

describeInChromium('own data', () => {
  const { onPage } = pageHarness();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-own-'));
    await writeFile(join(folder, 'animals.csv'), table);
    for (const [split, count] of [
      ['train', 6],
      ['test', 2],
    ] as const)
      for (const [kind, grey] of [
        ['dark', 40],
        ['light', 200],
      ] as const) {
        await mkdir(join(folder, 'shades', split, kind), { recursive: true });
        for (let i = 0; i < count; i++) {
          const data = new Uint8Array(28 * 28).fill(grey + i);
          const png = encode({ width: 28, height: 28, channels: 1, depth: 8, data });
          await writeFile(join(folder, 'shades', split, kind, `${i}.png`), png);
        }
      }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a table that is dropped gives the weights of Node', async () => {
    const data = { csv: join(folder, 'animals.csv'), label: 'kind' };
    const expected = await nodeHash({ data, model: 'mlp', batchSize: 16, optimizer: 'sgd', epochs: 2 });
    await onPage('batchSize=16&epochs=2&seed=7&workers=2', async (page) => {
      await drop(page, 'animals.csv', table);
      await page.locator('#own-status').filter({ hasText: 'animals.csv: 3 columns' }).waitFor();
      expect(await page.getByLabel('Column of classes').inputValue()).toBe('kind');
      expect(await page.locator('#model').inputValue()).toBe('mlp');
      await button(page, 'Start training').click();
      await statusLike(page, /^Done/);
      expect(await page.textContent('#weights-hash')).toBe(expected);
      expect(await page.textContent('#command')).toContain('lockstep train mlp --data animals.csv --label kind ');
    });
  });

  test('a folder of images trains', async () => {
    await onPage('batchSize=4&epochs=2&workers=1', async (page) => {
      await page.getByLabel('Data set').selectOption('own');
      await page.getByLabel('Folder of images').setInputFiles(join(folder, 'shades'));
      await page.locator('#own-status').filter({ hasText: 'shades: 16 images' }).waitFor();
      await button(page, 'Start training').click();
      expect(await statusLike(page, /^Done/)).toMatch(/^Done\. Steps: 6,/);
    });
  });

  test('what is no data is refused in one line', async () => {
    await onPage('', async (page) => {
      await page.locator('#data option').first().waitFor({ state: 'attached' });
      await drop(page, 'letter.txt', 'Dear all');
      await expectNotice(page, /^“letter.txt” is neither a .csv file nor a folder/);
      await drop(page, 'one.csv', 'only\n1\n');
      await expectNotice(page, /^“one.csv” has no line of column names/);
      await button(page, 'Start training').click();
      await expectNotice(page, /^Data set: drop a .csv file or a folder/);
      await drop(page, 'holes.csv', 'a,b\n1,x\n,y\n2,x\n');
      await page.locator('#own-status').filter({ hasText: 'holes.csv' }).waitFor();
      await button(page, 'Start training').click();
      await expectNotice(page, /^holes.csv, line 3: expected a number in a, got an empty field/);
    });
  });

  test('a network for images says that a table has none', async () => {
    await onPage('batchSize=16&epochs=1', async (page) => {
      await page.locator('#data option').first().waitFor({ state: 'attached' });
      await drop(page, 'animals.csv', table);
      await page.locator('#own-status').filter({ hasText: 'animals.csv' }).waitFor();
      await page.locator('#model').selectOption('seed-net');
      await button(page, 'Start training').click();
      await expectNotice(page, /^seed-net: expected images, got samples of shape \[2\]; choose the MLP/);
    });
  });
});

async function drop(page: Page, name: string, content: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, content }) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], name));
      return transfer;
    },
    { name, content },
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

async function expectNotice(page: Page, pattern: RegExp): Promise<void> {
  await page.locator('#notice').filter({ hasText: pattern }).waitFor({ timeout: 20_000 });
}
