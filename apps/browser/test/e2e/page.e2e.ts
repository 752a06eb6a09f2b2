/** The long forms: more data and workers, the printed command itself, tabs that are closed at any moment, and a main thread that stays free. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { placeData, thereOnThisMachine } from '../../scripts/place-data.ts';
import { describeInChromium, openPage, watched } from '../chromium.ts';
import { button, pageHarness, statusLike, stepsDone } from '../harness.ts';

const cli = fileURLToPath(new URL('../../../cli/dist/main.js', import.meta.url));
const patienceMs = 120_000;

/** What the printed command gives, run as it is. */
async function hashOfCommand(command: string, modelFile: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-command-'));
  try {
    await writeFile(join(folder, 'model.mjs'), modelFile);
    const words = command.split(' ').slice(1);
    const run = [cli, ...words, '--json', '--out', join(folder, 'run')];
    const { stdout } = await promisify(execFile)(process.execPath, run, { cwd: folder });
    return (JSON.parse(stdout) as { weightsHash: string }).weightsHash;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function finished(page: Page): Promise<string> {
  await page
    .locator('#status')
    .filter({ hasText: /^(Done|Not trained)/ })
    .waitFor({ timeout: patienceMs });
  expect(await page.textContent('#notice')).toBe('');
  return (await page.textContent('#weights-hash'))!;
}

describeInChromium('the page, at length', () => {
  const harness = pageHarness();
  const { onPage } = harness;

  test.each([
    'limit=12800&evalLimit=2000&epochs=2&seed=3&dropout=0.4',
    'limit=6400&evalLimit=1000&epochs=2&model=mlp&inputDropout=0.05&optimizer=adam&compare=1',
  ])('1, 2 and 4 workers and the printed command give one hash: %s', async (query) => {
    const hashes: string[] = [];
    let [command, modelFile] = ['', ''];
    for (const workers of [1, 2, 4])
      await onPage(`${query}&workers=${workers}&autostart=1`, async (page) => {
        hashes.push(await finished(page));
        const texts = ['#command', '#model-file-text'].map((id) => page.locator(id).textContent());
        [command, modelFile] = (await Promise.all(texts)) as [string, string];
      });
    expect(new Set([...hashes, await hashOfCommand(command, modelFile)])).toEqual(new Set([hashes[0]]));
  });

  test('a tab that is closed without a word, twice, goes on to the same hash', async () => {
    const query = 'limit=25600&evalLimit=500&epochs=3&seed=11&workers=2&compare=1&autostart=1';
    const { page: undisturbed } = await openPage(harness.browser);
    await undisturbed.goto(`${harness.site.address}?${query}`);
    const expected = await finished(undisturbed);
    await undisturbed.context().close();

    const { page: first, errors } = await openPage(harness.browser);
    const profile = first.context();
    await first.goto(`${harness.site.address}?${query}`);
    await first
      .locator('#kept')
      .filter({ hasText: /^Checkpoint after step/ })
      .waitFor({ timeout: patienceMs });
    await first.close();
    const { page: second, errors: later } = await watched(profile);
    await second.goto(harness.site.address);
    await button(second, 'Resume the run').click();
    await stepsDone(second);
    await second
      .locator('#kept')
      .filter({ hasText: /^Checkpoint after step/ })
      .waitFor({ timeout: patienceMs });
    await second.close();
    const { page: third, errors: last } = await watched(profile);
    await third.goto(harness.site.address);
    await button(third, 'Resume the run').click();
    expect(await finished(third)).toBe(expected);
    expect([...errors, ...later, ...last]).toEqual([]);
    await profile.close();
  });

  test('a second tab leaves the checkpoints of the first alone', async () => {
    const { page: first } = await openPage(harness.browser);
    const profile = first.context();
    const query = 'limit=6400&evalLimit=100&epochs=50&workers=1&autostart=1';
    await first.goto(`${harness.site.address}?${query}`);
    await stepsDone(first);
    const { page: second } = await watched(profile);
    await second.goto(`${harness.site.address}?${query}`);
    await second
      .locator('#kept')
      .filter({ hasText: /^No checkpoints: another tab/ })
      .waitFor();
    await second.close();
    await button(first, 'Pause').click();
    await first
      .locator('#kept')
      .filter({ hasText: /^Checkpoint after step/ })
      .waitFor();
    await profile.close();
  });

  test('the main thread has no task over 50 ms while training', async () => {
    await onPage('limit=25600&evalLimit=1000&epochs=2&compare=1&workers=1', async (page) => {
      await page.locator('#data option').first().waitFor({ state: 'attached' });
      await page.waitForTimeout(1000);
      await page.evaluate(() => {
        const tasks: number[] = [];
        Object.assign(globalThis, { longTasks: tasks });
        const note = (list: PerformanceObserverEntryList) =>
          tasks.push(...list.getEntries().map((entry) => entry.duration));
        new PerformanceObserver(note).observe({ type: 'longtask' });
      });
      await button(page, 'Start training').click();
      await page.locator('#dropout-title').scrollIntoViewIfNeeded();
      await finished(page);
      expect(await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks)).toEqual([]);
    });
  });

  test('metrics are those of every step', async () => {
    await onPage('limit=1280&evalLimit=100&epochs=2&compare=1&workers=2&autostart=1', async (page) => {
      await finished(page);
      const [file] = await Promise.all([page.waitForEvent('download'), button(page, 'Metrics (CSV)').click()]);
      const lines = (await readFile(await file.path(), 'utf8')).trim().split('\n');
      expect(lines[0]).toBe('run,kind,step,epoch,loss,accuracy');
      for (const run of ['main', 'plain']) {
        const steps = lines.filter((line) => line.startsWith(`${run},step,`)).map((line) => Number(line.split(',')[2]));
        expect(steps).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      }
    });
  });

  test('the checkpoints of a new run take the place of an older one’s', async () => {
    const { page: first } = await openPage(harness.browser);
    const profile = first.context();
    await first.goto(`${harness.site.address}?limit=6400&evalLimit=100&epochs=50&workers=1&autostart=1`);
    await stepsDone(first);
    for (let i = 0; i < 4; i++) {
      await button(first, 'Pause').click();
      await statusLike(first, /^Paused/);
      await button(first, 'Resume').click();
    }
    await button(first, 'Stop').click();
    await statusLike(first, /^Stopped/);
    await first.getByLabel('Seed', { exact: true }).fill('5');
    await button(first, 'Start training').click();
    await first.locator('#pause:enabled').click();
    const step = Number((await statusLike(first, /^Paused/))!.replaceAll(/\D/g, ''));
    await first
      .locator('#kept')
      .filter({ hasText: `step ${step}:` })
      .waitFor();
    await first.close();
    const { page: second } = await watched(profile);
    await second.goto(harness.site.address);
    await second
      .locator('#saved-text')
      .filter({ hasText: `after step ${step}.` })
      .waitFor();
    await profile.close();
  });

  test.each(['fashion-mnist', 'cifar10'] as const)('%s gives the hash of the printed command', async (name) => {
    if (!thereOnThisMachine(name)) {
      console.warn(`skipped: ${name} is not on this machine (lockstep data add ${name})`);
      return;
    }
    await placeData(join(harness.site.folder, 'data'), ['mnist', name]);
    await onPage(`data=${name}&limit=1280&evalLimit=500&epochs=1&workers=2&autostart=1`, async (page) => {
      const hash = await finished(page);
      expect(await hashOfCommand((await page.locator('#command').textContent())!, '')).toBe(hash);
    });
  });

  test('the adviser’s hints are shown', async () => {
    const query =
      'limit=300&evalLimit=1000&epochs=25&model=mlp&dropout=0&optimizer=adam&batchSize=32&workers=2&autostart=1';
    await onPage(query, async (page) => {
      await finished(page);
      expect(await page.locator('#hint-list li').first().textContent()).toMatch(/overfit|test loss/i);
    });
  });

  test('a folder that is dropped is taken with all its files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-drop-'));
    for (const path of ['train/a', 'train/b', 'test/a', 'test/b']) {
      await mkdir(join(folder, 'letters', path), { recursive: true });
      const data = new Uint8Array(28 * 28).fill(path.endsWith('a') ? 10 : 240);
      for (let i = 0; i < 120; i++)
        await writeFile(
          join(folder, 'letters', path, `${i}.png`),
          encode({ width: 28, height: 28, channels: 1, depth: 8, data }),
        );
    }
    try {
      await onPage('epochs=1', async (page) => {
        await page.locator('#data option').first().waitFor({ state: 'attached' });
        const devtools = await page.context().newCDPSession(page);
        const data = { items: [], files: [join(folder, 'letters')], dragOperationsMask: 1 };
        for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
          await devtools.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
        await page.locator('#own-status').filter({ hasText: 'letters: 480 images' }).waitFor();
        await button(page, 'Start training').click();
        await finished(page);
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
