/** A run that is ended early goes on from its checkpoint to the result of the undisturbed one. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomCrop, SGD } from '@lockstep/core';
import { MLP } from '@lockstep/core/models';
import { InlinePool } from '@lockstep/scheduler';
import { expect, onTestFinished, test } from 'vitest';
import { type RunOptions, runVariant } from '../run.ts';
import type { Variant } from '../study.ts';

const variant: Variant = {
  name: 'small',
  data: { name: 'mnist', limit: 200 },
  batchSize: 40,
  epochs: 3,
  lr: 0.05,
  augment: [randomCrop({ padding: 2 })],
  labelSmoothing: 0.1,
  make: (shape, classes) => new MLP(shape, classes, { hidden: [16] }),
  optimizer: (model, lr) => new SGD(model.parameters(), { lr, momentum: 0.9 }),
};

function options(more: Partial<RunOptions> = {}): RunOptions {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-study-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const checkpoints = join(folder, 'checkpoints');
  return { seed: 1, pool: new InlinePool(), checkpoints, checkpointEvery: { epochs: 1 }, onEpoch: () => {}, ...more };
}

const timeless = (result: object) => ({ ...result, samplesPerSecond: 0 });

test.each([
  { how: 'by epochs', oneCycle: false },
  { how: 'by one cycle', oneCycle: true },
])('the rate $how', async ({ oneCycle }) => {
  const chosen = { ...variant, oneCycle };
  const whole = await runVariant(chosen, options());
  expect(whole.curve).toHaveLength(3);
  const seen: number[] = [];
  const given = options({
    onEpoch: (epoch) => {
      seen.push(epoch);
      if (seen.length === 2) throw new Error('the power is out');
    },
  });
  await expect(runVariant(chosen, given)).rejects.toThrow('the power is out');
  expect(existsSync(given.checkpoints)).toBe(true);
  expect(timeless(await runVariant(chosen, given))).toEqual(timeless(whole));
  expect(seen).toEqual([1, 2, 2, 3]);
  expect(existsSync(given.checkpoints)).toBe(false);
});

test('smoothed targets make another training loss and leave test losses without', async () => {
  // A rate of 0: the same weights with and without.
  const { labelSmoothing: _, ...plain } = { ...variant, epochs: 1, lr: 0 };
  const [without, smoothed] = [
    await runVariant(plain, options()),
    await runVariant({ ...plain, labelSmoothing: 0.3 }, options()),
  ];
  expect(smoothed.curve[0]!.testLoss).toBe(without.curve[0]!.testLoss);
  expect(smoothed.curve[0]!.trainLoss).not.toBe(without.curve[0]!.trainLoss);
});
