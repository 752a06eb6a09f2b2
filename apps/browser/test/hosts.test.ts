/** Hosts that send no headers of isolation: the page mends it itself, and where it cannot, trains on one worker to the same bits. */
import { expect, test } from 'vitest';
import { describeInChromium, openPage } from './chromium.ts';
import { pageHarness, statusLike } from './harness.ts';
import { nodeHash } from './node-run.ts';
import { withoutIsolation } from './site.ts';

const query = '?limit=640&batchSize=64&evalLimit=100&epochs=2&seed=7&workers=2&autostart=1';

describeInChromium('a host without headers', () => {
  const harness = pageHarness();

  test.each([
    { serviceWorkers: 'block', workers: 1, says: true },
    { serviceWorkers: 'allow', workers: 2, says: false },
  ] as const)('service workers: $serviceWorkers', async ({ serviceWorkers, workers, says }) => {
    const expected = await nodeHash({ data: { limit: 640 }, batchSize: 64, optimizer: 'sgd', epochs: 2 });
    const host = await withoutIsolation(harness.site);
    const { page, errors } = await openPage(harness.browser, { serviceWorkers });
    try {
      await page.goto(host.address + query);
      expect(await statusLike(page, /^Done/)).toBe(`Done. Steps: 20, workers: ${workers}, shards: 8.`);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(!says);
      expect(await page.locator('#isolation').isVisible()).toBe(says);
      expect(await page.textContent('#weights-hash')).toBe(expected);
      expect(errors).toEqual([]);
    } finally {
      await page.context().close();
      await host.close();
    }
  });

  test('one worker takes the page’s wishes while it trains', async () => {
    const host = await withoutIsolation(harness.site);
    const { page } = await openPage(harness.browser, { serviceWorkers: 'block' });
    try {
      await page.goto(`${host.address}?limit=6000&evalLimit=100&epochs=100&autostart=1`);
      await page.locator('#stop:enabled').click();
      expect(await statusLike(page, /^Stopped/)).toContain('workers: 1,');
    } finally {
      await page.context().close();
      await host.close();
    }
  });
});
