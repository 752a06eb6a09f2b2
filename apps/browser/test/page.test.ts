/** The page in Chromium: the weights are Node's for any number of workers, and a visitor can start, stop and read what went wrong. */
import { expect, test } from 'vitest';
import { describeInChromium } from './chromium.ts';
import { button, pageHarness, statusLike, stepsDone } from './harness.ts';
import { nodeHash } from './node-run.ts';

describeInChromium('the page', () => {
  const { onPage } = pageHarness();

  test('gives the weights of Node with 1 and 2 workers', async () => {
    const expected = await nodeHash({ data: { limit: 600 }, batchSize: 64, optimizer: 'sgd' });
    for (const workers of [1, 2]) {
      const query = `limit=600&batchSize=64&evalLimit=500&epochs=1&seed=7&workers=${workers}&autostart=1`;
      await onPage(query, async (page) => {
        expect(await statusLike(page, /^Done/)).toBe(`Done. Steps: 10, workers: ${workers}, shards: 8.`);
        expect(await page.textContent('#weights-hash')).toBe(expected);
        expect(await page.textContent('#test-accuracy')).toMatch(/^\d+\.\d\d%$/);
        expect(await page.getAttribute('#progress', 'value')).toBe('1');
        await page.getByLabel('weightsHash that Node printed').fill(expected.slice(0, 12));
        expect(await page.textContent('#verdict')).toBe('The same bits as Node.');
        await page.getByLabel('weightsHash that Node printed').fill(expected.replaceAll(/[0-9]/g, '0'));
        expect(await page.textContent('#verdict')).toMatch(/^Not the same bits/);
      });
    }
  });

  test('gives the weights of Node with Adam, another batch size, other shards, and a run without dropout beside it', async () => {
    const expected = await nodeHash({ data: { limit: 320 }, batchSize: 50, optimizer: 'adam', epochs: 2 });
    const query = 'limit=320&evalLimit=100&epochs=2&seed=7&batchSize=50&optimizer=adam&workers=2&shards=7&compare=1';
    await onPage(query, async (page) => {
      await button(page, 'Start training').click();
      expect(await statusLike(page, /^Done/)).toBe('Done. Steps: 14, workers: 2, shards: 7.');
      expect(await page.textContent('#weights-hash')).toBe(expected);
      expect(await page.locator('#loss-chart .u-legend').textContent()).toContain('Training, no dropout');
    });
  });

  test('gives the weights of Node with the MLP and a p of its own at the input', async () => {
    const run = { data: { limit: 320 }, batchSize: 50, optimizer: 'sgd', model: 'mlp', inputDropout: 0.1 } as const;
    const query =
      'limit=320&evalLimit=100&epochs=1&seed=7&batchSize=50&model=mlp&inputDropout=0.1&workers=2&autostart=1';
    await onPage(query, async (page) => {
      await statusLike(page, /^Done/);
      expect(await page.textContent('#weights-hash')).toBe(await nodeHash(run));
      expect(await page.textContent('#command')).toMatch(/^lockstep train \.\/model\.mjs --data mnist --epochs 1 /);
      expect(await page.textContent('#model-file-text')).toContain('{ dropout: 0.5, inputDropout: 0.1 }');
    });
  });

  test('stops after a step when asked, and can start again', async () => {
    await onPage('limit=6000&batchSize=64&evalLimit=100&epochs=100&workers=2', async (page) => {
      const [start, stop] = [button(page, 'Start training'), button(page, 'Stop')];
      expect(await stop.isDisabled()).toBe(true);
      await start.click();
      await stepsDone(page);
      expect(await start.isDisabled()).toBe(true);
      await stop.click();
      expect(await statusLike(page, /^Stopped/)).toMatch(/^Stopped\. Steps: \d[\d,]*, workers: 2, shards: 8\.$/);
      expect(await page.textContent('#weights-hash')).toMatch(/^[0-9a-f]{64}$/);
      await page.getByLabel('Epochs').fill('1');
      await page.locator('details summary').click();
      await page.getByLabel('Training samples').fill('64');
      await start.click();
      expect(await statusLike(page, /^Done/)).toBe('Done. Steps: 1, workers: 2, shards: 8.');
    });
  });

  test('says in one line which field does not fit', async () => {
    await onPage('workers=0&autostart=1', async (page) => {
      await page.locator('#notice').waitFor();
      expect(await page.textContent('#notice')).toMatch(/^Workers: Value must be greater than or equal to 1/);
      expect(await page.getByRole('spinbutton', { name: 'Workers' }).getAttribute('aria-invalid')).toBe('true');
    });
    await onPage('limit=many&autostart=1', async (page) => {
      await page.locator('#notice').waitFor();
      expect(await page.textContent('#notice')).toBe('Training samples: this cannot be “many”, as the address says.');
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
      expect(await page.textContent('#notice')).toMatch(
        /^step \d+: a loss of \S+; first in .+; lower the learning rate$/,
      );
    });
  });
});
