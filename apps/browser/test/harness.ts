/** What the tests of the page share: a site, a browser, and pages on which nothing may go wrong unseen. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launch, openPage, type PageOptions } from './chromium.ts';
import { serveTestSite, type TestSite } from './site.ts';

export interface Harness {
  readonly site: TestSite;
  readonly browser: Browser;
  /** Opens the page with this query; no console error may come up. */
  onPage(query: string, use: (page: Page) => Promise<void>, options?: PageOptions): Promise<void>;
}

/** Inside of a `describe`: what it gives is there while its tests run. */
export function pageHarness(entries: Readonly<Record<string, string>> = {}): Harness {
  let site: TestSite;
  let browser: Browser;
  beforeAll(async () => {
    site = await serveTestSite(entries);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  return {
    get site() {
      return site;
    },
    get browser() {
      return browser;
    },
    async onPage(query, use, options) {
      const { page, errors } = await openPage(browser, options);
      try {
        await page.goto(`${site.address}?${query}`);
        await use(page);
        expect(errors).toEqual([]);
      } finally {
        await page.context().close();
      }
    },
  };
}

/** The status line once it says this. */
export async function statusLike(page: Page, pattern: RegExp): Promise<string | null> {
  await page.locator('#status').filter({ hasText: pattern }).waitFor({ timeout: 50_000 });
  return page.textContent('#status');
}

export function button(page: Page, name: string): ReturnType<Page['getByRole']> {
  return page.getByRole('button', { name, exact: true });
}

/** Once the run has gone so far. */
export async function stepsDone(page: Page): Promise<number> {
  await page.waitForFunction(() => document.querySelector('progress')!.value > 0);
  return page.evaluate(() => document.querySelector('progress')!.value);
}
