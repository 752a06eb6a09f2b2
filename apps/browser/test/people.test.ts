/** The page for everybody: no violation of accessibility rules, on a phone, in light and dark, in both languages, and with the keyboard. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { en } from '../src/i18n/en.ts';
import { zh } from '../src/i18n/zh.ts';
import { describeInChromium } from './chromium.ts';
import { pageHarness, statusLike } from './harness.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const query = 'limit=256&evalLimit=200&epochs=1&compare=1&workers=2&autostart=1';

describeInChromium('the page for everybody', () => {
  const { onPage } = pageHarness();

  test.each([
    { colorScheme: 'light', viewport: { width: 1200, height: 1000 }, lang: 'en' },
    { colorScheme: 'dark', viewport: { width: 360, height: 740 }, lang: 'zh' },
  ] as const)('has no violation in $colorScheme, $lang', async ({ colorScheme, viewport, lang }) => {
    await onPage(
      `lang=${lang}&${query}`,
      async (page) => {
        await page.emulateMedia({ colorScheme });
        await statusLike(page, lang === 'en' ? /^Done/ : /^完成/);
        await page.locator('#find-mistakes').click();
        await page.locator('#mistakes li, #notice:not([hidden])').first().waitFor();
        expect(await page.textContent('#notice')).toBe('');
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
        expect(await page.evaluate(() => document.documentElement.lang)).toBe(lang === 'en' ? 'en' : 'zh-Hans');
      },
      { viewport },
    );
  });

  test('changes its language at once, and remembers it', async () => {
    await onPage('', async (page) => {
      await page.locator('#data option').first().waitFor({ state: 'attached' });
      await page.getByLabel('Language').selectOption('zh');
      expect(await page.textContent('#start')).toBe('开始训练');
      expect(await page.textContent('#status')).toBe('就绪。');
      await page.reload();
      await page.locator('#start').filter({ hasText: '开始训练' }).waitFor();
    });
  });

  test('is used with the keyboard alone', async () => {
    await onPage('limit=128&evalLimit=100&epochs=1&workers=1', async (page) => {
      await page.locator('#data option').first().waitFor({ state: 'attached' });
      await page.getByRole('slider', { name: 'Dropout p' }).focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.textContent('#dropout-value')).toBe('0.26');
      expect(await page.textContent('#command')).toContain('--dropout 0.26');
      for (let presses = 0; presses < 20; presses++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(() => document.activeElement?.id === 'start')) break;
      }
      await page.keyboard.press('Enter');
      await statusLike(page, /^Done/);
    });
  });

  test('pictures of dropout agree with what dropout is', async () => {
    await onPage('limit=2560&evalLimit=100&epochs=1&workers=2&autostart=1', async (page) => {
      await page.locator('#dropout-title').scrollIntoViewIfNeeded();
      await page.locator('#dropout-text').filter({ hasText: 'values kept' }).waitFor();
      const [, kept, width] = /^(\d+) of (\d+) values kept/.exec((await page.textContent('#dropout-text'))!)!;
      // 128 draws with p = 0.25: 96 on average; 5 standard deviations are 24.5.
      expect(width).toBe('128');
      expect(Math.abs(Number(kept) - 96)).toBeLessThan(25);
      expect(await page.locator('#dropout-layer option').count()).toBe(2);
      expect(await page.locator('#dropout-pictures figcaption').allTextContents()).toEqual([
        'Before',
        'Mask',
        'After, × 1.33',
        'At evaluation',
      ]);
      await page.locator('.lane').nth(1).waitFor();
    });
  });
});

test('both languages have the same values in their texts', () => {
  const valuesIn = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
  for (const [key, text] of Object.entries(en))
    expect([key, valuesIn(zh[key as keyof typeof zh])]).toEqual([key, valuesIn(text)]);
});

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
