/** The page in Chromium: the weights are Node's for any number of workers, and a visitor can start, stop and read what went wrong. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInChromium, launch, openPage } from './chromium.ts';
import { nodeHash } from './node-run.ts';
import { serveTestSite, type TestSite } from './site.ts';

describeInChromium('the page', () => {
  let site: TestSite;
  let browser: Browser;

  beforeAll(async () => {
    site = await serveTestSite();
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** Opens the page with this query; no console error may come up. */
  async function onPage(query: string, use: (page: Page) => Promise<void>): Promise<void> {
    const { page, errors } = await openPage(browser);
    try {
      await page.goto(`${site.address}?${query}`);
      await use(page);
      expect(errors).toEqual([]);
    } finally {
      await page.close();
    }
  }

  test('gives the weights of Node with 1, 2 and 3 workers', async () => {
    const expected = await nodeHash({ limit: 600, batchSize: 64, optimizer: 'sgd' });
    for (const workers of ['1 worker', '2 workers', '3 workers']) {
      const query = `limit=600&batchSize=64&evalLimit=500&epochs=1&seed=7&workers=${Number.parseInt(workers, 10)}&autostart=1`;
      await onPage(query, async (page) => {
        expect(await statusLike(page, /^Done/)).toBe(`Done: 10 steps, ${workers}, 8 shards.`);
        expect(await page.textContent('#weights-hash')).toBe(expected);
        expect(await page.textContent('#test-accuracy')).toMatch(/^\d+\.\d\d%$/);
        expect(await page.getAttribute('#progress', 'value')).toBe('1');
      });
    }
  });

  test('gives the weights of Node with Adam, another batch size and other shards', async () => {
    const expected = await nodeHash({ limit: 320, batchSize: 50, optimizer: 'adam' });
    const query = 'limit=320&evalLimit=100&epochs=1&seed=7&batchSize=50&optimizer=adam&workers=2&shards=7';
    await onPage(query, async (page) => {
      await page.getByRole('button', { name: 'Start training' }).click();
      expect(await statusLike(page, /^Done/)).toBe('Done: 7 steps, 2 workers, 7 shards.');
      expect(await page.textContent('#weights-hash')).toBe(expected);
    });
  });

  test('stops after a step when asked, and can start again', async () => {
    await onPage('limit=6000&batchSize=64&evalLimit=100&epochs=100&workers=2', async (page) => {
      const [start, stop] = ['Start training', 'Stop'].map((name) => page.getByRole('button', { name, exact: true }));
      expect(await stop!.isDisabled()).toBe(true);
      await start!.click();
      await page.waitForFunction(() => document.querySelector('progress')!.value > 0);
      expect(await start!.isDisabled()).toBe(true);
      await stop!.click();
      expect(await statusLike(page, /^Stopped after/)).toMatch(
        /^Stopped after \d[\d,]* steps?, 2 workers, 8 shards\.$/,
      );
      expect(await page.textContent('#weights-hash')).toMatch(/^[0-9a-f]{64}$/);
      await page.getByLabel('Epochs').fill('1');
      await page.getByLabel('Training images').fill('64');
      await start!.click();
      expect(await statusLike(page, /^Done/)).toBe('Done: 1 step, 2 workers, 8 shards.');
    });
  });

  test('says in one line which field does not fit', async () => {
    await onPage('workers=0&autostart=1', async (page) => {
      expect(await page.textContent('#notice')).toMatch(/^Workers: Value must be greater than or equal to 1/);
      expect(await page.getByLabel('Workers').getAttribute('aria-invalid')).toBe('true');
    });
    await onPage('limit=many&autostart=1', async (page) => {
      expect(await page.textContent('#notice')).toBe('Training images: this cannot be “many”, as the address says.');
      expect(await page.textContent('#status')).toBe('Ready.');
    });
  });

  test('says in one line what went wrong in the run', async () => {
    await onPage('limit=64&evalLimit=10&epochs=1&seed=1.5e300&autostart=1', async (page) => {
      await statusLike(page, /^Not trained/);
      expect(await page.textContent('#notice')).toMatch(/^seed: expected an integer/);
    });
    await onPage('limit=640&evalLimit=10&epochs=2&lr=1e30&autostart=1', async (page) => {
      await statusLike(page, /^Not trained/);
      expect(await page.textContent('#notice')).toMatch(/^the loss is \S+ at step \d+: lower the learning rate$/);
    });
  });

  test('says what to do when it is not cross-origin isolated', async () => {
    const { page } = await openPage(browser);
    await page.route('**/*', async (route) => {
      const response = await route.fetch();
      const headers = Object.entries(response.headers()).filter(([name]) => !name.startsWith('cross-origin'));
      await route.fulfill({ response, headers: Object.fromEntries(headers) });
    });
    await page.goto(`${site.address}?autostart=1`);
    expect(await page.textContent('#notice')).toContain('npm run browser');
    expect(await page.getByRole('button', { name: 'Start training' }).isDisabled()).toBe(true);
    await page.close();
  });

  test('labels every field and fits the width of a phone, in light and dark', async () => {
    const { page, errors } = await openPage(browser, { width: 360, height: 740 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(site.address);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    }
    const unlabelled = await page.$$eval('input, select', (fields) =>
      fields.filter((field) => !(field as HTMLInputElement).labels?.length).map(({ id }) => id),
    );
    expect(unlabelled).toEqual([]);
    expect(errors).toEqual([]);
    await page.close();
  });
});

/** The status line once it says this. */
async function statusLike(page: Page, pattern: RegExp): Promise<string | null> {
  await page.locator('#status').filter({ hasText: pattern }).waitFor({ timeout: 40_000 });
  return page.textContent('#status');
}
