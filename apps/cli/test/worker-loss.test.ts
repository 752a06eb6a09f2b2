/** Worker threads of the command: killed at random, lost for good, and more or fewer of them while it trains. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killsIn, workerChaos } from '../scripts/worker-chaos.ts';
import { type Ended, lockstep, type Run, start, temporaryFolder } from './lockstep.ts';

const options = ['seed-net', '--limit', '6000', '--eval-limit', '100', '--batch-size', '32', '--seed', '5'];
const hashOf = ({ stdout }: Ended): string => JSON.parse(stdout.trim().split('\n').at(-1)!).weightsHash;

test('workers that are terminated, exit or throw at random: the weights and metrics of the undisturbed run', async () => {
  const train = [...options, '--epochs', '6', '--workers', '3', '--dropout-schedule', 'linear:400'];
  const report = await workerChaos({
    folder: temporaryFolder(),
    train,
    kills: 2,
    seed: 1,
    lifeMs: 1200,
    hangs: false,
    withinMs: 20_000,
  });
  expect(killsIn(report)).toBeGreaterThan(0);
  expect(report.recoveries).toBeGreaterThan(0);
  expect(report.different).toBe(0);
});

/** Where a worker takes a task it throws, from a second after its process began; first in the threads that are there, then in all others. */
const brokenForGood = `data:text/javascript,
  import { isMainThread } from 'node:worker_threads';
  process.env.BEGAN ??= String(Date.now());
  const { add } = Atomics;
  if (!isMainThread) Atomics.add = (words, at, value) => {
    if (words.buffer.byteLength > 65536 && Date.now() > Number(process.env.BEGAN) + 2000) throw new Error('broken for good');
    return add(words, at, value);
  };`.replaceAll('\n', ' ');

test('without any worker left the run ends with a checkpoint of what it has told, and goes on from it', async () => {
  const out = join(temporaryFolder(), 'run');
  const args = ['train', ...options, '--epochs', '30', '--workers', '2', '--out', out];
  const ended = await start(args, { preload: brokenForGood }).ended;
  expect(ended.code).toBe(1);
  const [, step] = /go on after step (\d+): lockstep train --resume /.exec(ended.stdout)!;
  // Wherever the workers broke.
  const what = `(?:training after step ${step}|the evaluation of epoch \\d+)`;
  expect(ended.stderr).toMatch(
    new RegExp(`^error: ${what} cannot be done: 3 times in a row a worker failed: broken for good\\n$`),
  );
  expect(ended.stdout).toMatch(
    /a worker failed: broken for good; going on with 1 worker: \d+ steps? again, \d+\.\d s lost/,
  );
  const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  expect(record).toMatchObject({ status: 'failed', losses: { workers: expect.any(Number) } });
  const steps = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line).type === 'step' ? [JSON.parse(line).step] : []));
  expect(steps).toEqual(Array.from({ length: Number(step) }, (_, i) => i + 1));
  const epochs = ['--epochs', String(Math.ceil(Number(step) / 188))];
  const resumed = await lockstep('train', '--resume', out, ...epochs, '--json');
  expect(resumed.stderr).toContain(`going on after step ${step}, `);
  const undisturbed = join(temporaryFolder(), 'run');
  expect(hashOf(resumed)).toBe(hashOf(await lockstep('train', ...options, ...epochs, '--out', undisturbed, '--json')));
});

test('the file workers adds and takes away workers, and says what it cannot take', async () => {
  const out = join(temporaryFolder(), 'run');
  const run = start(['train', ...options, '--epochs', '400', '--workers', '1', '--out', out]);
  const file = join(out, 'workers');
  await says(run, 'epoch 1/400');
  writeFileSync(file, '3\n');
  await says(run, '3 workers from now on\n');
  writeFileSync(file, 'many\n');
  await says(run, `warning: ${file}: expected a whole number from 1 to 1024, got many\n`);
  writeFileSync(file, '1\n');
  await says(run, '1 worker from now on\n');
  run.child.kill('SIGTERM');
  const { code, stdout } = await run.ended;
  expect(code).toBe(143);
  const [, step] = /go on after step (\d+): /.exec(stdout)!;
  // What stands in the file from before means nothing to the next process.
  const epochs = ['--epochs', String(Math.ceil(Number(step) / 188))];
  const resumed = await lockstep('train', '--resume', out, ...epochs, '--workers', '2', '--json');
  expect(resumed.stderr).not.toContain('from now on');
  const undisturbed = join(temporaryFolder(), 'run');
  expect(hashOf(resumed)).toBe(hashOf(await lockstep('train', ...options, ...epochs, '--out', undisturbed, '--json')));
});

async function says({ child }: Run, text: string): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes(text)) resolve();
    });
    child.on('close', () => reject(new Error(`the run has ended without “${text}”: ${said}`)));
  });
}
