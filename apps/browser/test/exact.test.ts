/** Nothing that a visitor does to a run changes its bits: pauses, single steps, questions, and a tab that is closed in the middle. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { decodeSafetensors } from '@lockstep/core';
import { beforeAll, expect, test } from 'vitest';
import { describeInChromium, openPage, watched } from './chromium.ts';
import { button, pageHarness, statusLike, stepsDone } from './harness.ts';
import { nodeHash } from './node-run.ts';

const query = 'limit=9600&batchSize=64&evalLimit=300&epochs=2&seed=7&workers=2';
const steps = 300;

describeInChromium('a run that is disturbed', () => {
  const harness = pageHarness();
  let expected: string;
  beforeAll(async () => {
    expected = await nodeHash({ data: { limit: 9600 }, batchSize: 64, optimizer: 'sgd', epochs: 2 });
  });

  test('is the same after pauses, single steps, a drawn digit and a look at its mistakes', async () => {
    await harness.onPage(`${query}&autostart=1`, async (page) => {
      await stepsDone(page);
      await button(page, 'Pause').click();
      const paused = await stepOf(page, /^Paused after step/);
      expect(paused).toBeLessThan(steps);
      for (const further of [1, 2]) {
        await button(page, 'One step').click();
        await page
          .locator('#status')
          .filter({ hasText: `step ${paused + further}.` })
          .waitFor();
      }
      await button(page, 'Find them').click();
      await page.locator('#mistakes li').first().waitFor();
      await button(page, 'Resume').click();
      await page.locator('#pad').focus();
      for (const key of ['Space', 'ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
      await page.keyboard.down('Space');
      for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
      await page.keyboard.up('Space');
      await page.locator('#draw-bars li').first().waitFor();
      expect(await page.textContent('#draw-answer')).toMatch(/^It looks like \d: \d+\.\d% ± \d+\.\d%\. Uncertainty \d/);
      await statusLike(page, /^Done\. Steps: 300,/);
      expect(await page.textContent('#weights-hash')).toBe(expected);
    });
  });

  test('goes on where a closed tab left it, and is the same in the end', async () => {
    const { page: first, errors } = await openPage(harness.browser);
    const profile = first.context();
    await first.goto(`${harness.site.address}?${query}&autostart=1`);
    await stepsDone(first);
    // A pause in the middle of an epoch is a checkpoint too.
    await button(first, 'Pause').click();
    const left = await stepOf(first, /^Paused after step/);
    await first
      .locator('#kept')
      .filter({ hasText: `step ${left}` })
      .waitFor();
    await first.close();

    const { page: second, errors: later } = await watched(profile);
    await second.goto(`${harness.site.address}?workers=1`);
    await second
      .locator('#saved-text')
      .filter({ hasText: `after step ${left}.` })
      .waitFor();
    await button(second, 'Resume the run').click();
    expect(await statusLike(second, /^Done\. Steps: 300,/)).toContain('workers: 1,');
    expect(await second.textContent('#weights-hash')).toBe(expected);
    // The charts hold what was before, too.
    const metrics = await download(second, 'Metrics (CSV)');
    const lines = metrics.toString().trim().split('\n');
    expect(lines.filter((line) => line.startsWith('main,step,'))).toHaveLength(steps);
    expect(lines.filter((line) => line.startsWith('main,test,'))).toHaveLength(2);
    // Nothing is left to go on with.
    expect(await second.locator('#saved').isVisible()).toBe(false);
    expect([...errors, ...later]).toEqual([]);
    await profile.close();
  });

  test('gives its model away, whose parameters have the hash that is shown', async () => {
    await harness.onPage('limit=128&evalLimit=100&epochs=1&workers=2&autostart=1', async (page) => {
      await statusLike(page, /^Done/);
      const { tensors } = decodeSafetensors(await download(page, 'Model (safetensors)'), 'model.safetensors');
      const hash = createHash('sha256');
      for (const name of Object.keys(tensors).sort()) {
        const { data } = tensors[name]!;
        hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      }
      expect(hash.digest('hex')).toBe(await page.textContent('#weights-hash'));
      const png = await download(page, 'Charts (PNG)');
      expect(png.subarray(1, 4).toString()).toBe('PNG');
    });
  });
});

type TestPage = Parameters<typeof button>[0];

async function stepOf(page: TestPage, pattern: RegExp): Promise<number> {
  return Number((await statusLike(page, pattern))!.replaceAll(/\D/g, ''));
}

async function download(page: TestPage, name: string): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, name).click()]);
  return readFile(await file.path());
}
