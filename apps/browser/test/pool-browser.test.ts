/** The browser's pool keeps the pool contract, in Chromium. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poolContract } from '../../../packages/scheduler/test/pool-contract.ts';
import { describeInChromium, launch, openPage, type WatchedPage } from './chromium.ts';
import { serveTestSite, type TestSite } from './site.ts';

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./contract-page.js"></script>';

describeInChromium('the pool of Web Workers', () => {
  let site: TestSite;
  let browser: Browser;
  let watched: WatchedPage;

  beforeAll(async () => {
    site = await serveTestSite({
      'contract-page': 'test/contract-page.ts',
      'contract-worker': 'test/contract-worker.ts',
    });
    await writeFile(join(site.folder, 'contract.html'), html);
    browser = await launch();
    watched = await openPage(browser);
    await watched.page.goto(`${site.address}contract.html`);
    await watched.page.waitForFunction(() => 'runContractCase' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  // The cases run over there; here only their names and numbers count.
  const makePool = () => {
    throw new Error('runs in Chromium');
  };
  const names = poolContract('browser', makePool, { threads: true, loseThread: () => {} }).map(({ name }) => name);

  for (const [index, name] of names.entries()) {
    test(name, async () => {
      expect(await watched.page.evaluate((at) => globalThis.runContractCase(at), index)).toBeUndefined();
    });
  }

  test('nothing was written to the console as an error', () => {
    expect(watched.errors).toEqual([]);
  });
});
