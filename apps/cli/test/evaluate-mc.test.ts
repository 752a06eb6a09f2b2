import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { McReport } from '../src/commands/evaluate-mc.ts';
import { lockstep, temporaryFolder, train } from './lockstep.ts';

interface Evaluated {
  readonly testLoss: number;
  readonly testAccuracy: number;
  readonly mc: McReport;
}

async function evaluate(...args: string[]): Promise<Evaluated> {
  const { code, stdout, stderr } = await lockstep('evaluate', ...args, '--json');
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

test('evaluate --mc: all aggregates as JSON, the same for any workers, and tables', async () => {
  const out = join(temporaryFolder(), 'run');
  await train(['mlp', '--limit', '600', '--dropout', '0.5'], { out });
  const one = await evaluate(out, '--mc', '6', '--workers', '1');
  const { mc } = one;
  const quality = {
    accuracy: expect.any(Number),
    loss: expect.any(Number),
    brierScore: expect.any(Number),
    calibrationError: expect.any(Number),
  };
  expect(mc).toMatchObject({ samples: 6, seed: 0, deterministic: quality, mean: quality });
  // Two ways to the same loss: from logits, and from probabilities.
  expect(mc.deterministic.accuracy).toBe(one.testAccuracy);
  expect(mc.deterministic.loss).toBeCloseTo(one.testLoss, 5);
  const { all, right, wrong } = mc.uncertainty;
  expect(all.samples).toBe(100);
  expect(right.samples).toBe(Math.round(100 * mc.mean.accuracy));
  expect(right.samples + wrong.samples).toBe(100);
  for (const part of [all, right, wrong])
    expect(part.predictiveEntropy! - part.expectedEntropy!).toBeCloseTo(part.mutualInformation!, 5);
  expect(wrong.predictiveEntropy).toBeGreaterThan(right.predictiveEntropy!);

  expect((await evaluate(out, '--mc', '6', '--workers', '3')).mc).toEqual(mc);
  expect((await evaluate(out, '--mc', '6', '--mc-seed', '1')).mc.mean).not.toEqual(mc.mean);
  const { stdout } = await lockstep('evaluate', out, '--mc', '6');
  const [line, ...tables] = stdout.split('\n');
  expect(line).toMatch(/^test accuracy \d+\.\d\d %, loss \d+\.\d{4} on 100 samples of mnist$/);
  expect(tables.join('\n')).toMatch(
    /dropout off {2}mean of 6 passes\naccuracy .*\nloss \(nats\) .*\nBrier score .*\ncalibration/,
  );
  expect(tables.join('\n')).toMatch(/all {3}right {3}wrong\nsamples +100 .*\npredictive entropy( +\d\.\d{4}){3}\n/);
});
