import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { optimizerNames } from '../src/run/optimizer-names.ts';
import { lockstep, start, temporaryFolder, train } from './lockstep.ts';

const small = ['--limit', '200', '--eval-limit', '100', '--epochs', '2', '--batch-size', '64'];
const lines = (text: string): string[] => text.trim().split('\n');
const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));

test('the last line of stdout is the result, progress goes to stderr, and the folder holds the run', async () => {
  const out = join(temporaryFolder(), 'deep', 'run');
  const { code, stdout, stderr } = await lockstep('train', 'mlp', ...small, '--seed', '3', '--out', out, '--json');
  expect(code).toBe(0);
  expect(lines(stdout)).toHaveLength(1);
  const result = JSON.parse(stdout);
  expect(result).toEqual({
    weightsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    steps: 8,
    epochs: 2,
    trainLoss: expect.any(Number),
    testLoss: expect.any(Number),
    testAccuracy: expect.any(Number),
    imagesPerSecond: expect.any(Number),
    workers: expect.any(Number),
    shards: 8,
    seed: 3,
    kernels: 'wasm-simd-revectorized',
  });
  expect(stderr).toContain(
    'mlp (1 863 690 parameters) on mnist (200 + 100 samples [1, 28, 28])'.replaceAll(/(?<=\d) (?=\d)/g, '\u202f'),
  );
  expect(stderr).toMatch(/epoch 2\/2 {2}test {2}loss \d+\.\d{4} {2}accuracy \d+\.\d\d %/);

  expect(readdirSync(out).sort()).toEqual(['checkpoints', 'metrics.jsonl', 'model.safetensors', 'run.json']);
  const record = json(join(out, 'run.json'));
  expect(record).toMatchObject({
    status: 'completed',
    result,
    config: { model: 'mlp', data: 'mnist', batchSize: 64, optimizer: 'sgd', limit: 200, evalLimit: 100, seed: 3 },
    dataset: { shape: [1, 28, 28], trainCount: 200, testCount: 100 },
    versions: { node: process.versions.node },
  });
  const metrics = lines(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).map((line) => JSON.parse(line));
  const step = 'step';
  expect(metrics.map(({ type }) => type)).toEqual([
    ...[step, step, step, step, 'epoch', 'evaluation'],
    ...[step, step, step, step, 'epoch', 'evaluation'],
  ]);
  expect(metrics.at(-1)).toMatchObject({ testLoss: result.testLoss, testAccuracy: result.testAccuracy, step: 8 });
});

test('evaluate gives exactly the loss that training ended with, and inspect reads the run', async () => {
  const out = join(temporaryFolder(), 'run');
  const { stdout } = await lockstep('train', ...small, '--json', '--out', out);
  const trained = JSON.parse(stdout);
  const evaluated = await lockstep('evaluate', out, '--workers', '1', '--json');
  expect(JSON.parse(evaluated.stdout)).toEqual({
    weightsHash: trained.weightsHash,
    testLoss: trained.testLoss,
    testAccuracy: trained.testAccuracy,
    samples: 100,
    workers: 1,
  });
  const other = await lockstep('evaluate', out, '--eval-limit', '50');
  expect(other.stdout).toMatch(/^test accuracy \d+\.\d\d %, loss \d+\.\d{4} on 50 samples of mnist\n$/);
  const inspected = await lockstep('inspect', out, '--json');
  expect(JSON.parse(inspected.stdout)).toMatchObject({ inputShape: [1, 28, 28], parameters: 163_850 });
});

test('a dropout schedule and max-norm change the run and stand in its record', async () => {
  const run = async (...more: string[]) => {
    const out = join(temporaryFolder(), 'run');
    const { code, stdout } = await lockstep('train', 'mlp', ...small, '--json', '--out', out, ...more);
    expect(code).toBe(0);
    return { hash: JSON.parse(stdout).weightsHash as string, config: json(join(out, 'run.json')).config };
  };
  const plain = await run();
  const scheduled = await run('--dropout-schedule', 'early:3');
  const limited = await run('--max-norm', '0.5');
  expect(scheduled.config).toMatchObject({ dropoutSchedule: { kind: 'early', steps: 3 } });
  expect(limited.config).toMatchObject({ maxNorm: 0.5 });
  expect(new Set([plain.hash, scheduled.hash, limited.hash]).size).toBe(3);
  expect((await run('--dropout-schedule', 'constant')).hash).toBe(plain.hash);
});

test('a schedule of the rate, its warm-up and clipping change the run and stand in its record', async () => {
  const run = async (...more: string[]) => {
    const out = join(temporaryFolder(), 'run');
    const { code, stdout } = await lockstep('train', 'mlp', ...small, '--json', '--out', out, ...more);
    expect(code).toBe(0);
    const rates = lines(readFileSync(join(out, 'metrics.jsonl'), 'utf8'))
      .map((line) => JSON.parse(line))
      .flatMap(({ type, lr }) => (type === 'step' ? [lr as number] : []));
    return { hash: JSON.parse(stdout).weightsHash as string, config: json(join(out, 'run.json')).config, rates };
  };
  const plain = await run();
  expect(plain.rates).toEqual(plain.rates.map(() => 0.02));
  const steps = plain.rates.length;
  const cosine = await run('--lr-schedule', 'cosine', '--warmup', '2');
  expect(cosine.config).toHaveProperty('lrSchedule', {
    kind: 'sequential',
    schedules: [
      { kind: 'linear', startFactor: 1 / 3, endFactor: 1, totalIters: 2 },
      { kind: 'cosine', tMax: steps - 2 },
    ],
    milestones: [2],
    unit: 'step',
  });
  expect(cosine.rates.slice(0, 3).map((rate) => Math.round(rate * 1e6))).toEqual([6667, 13333, 20000]);
  expect(Math.min(...cosine.rates.slice(2))).toBe(cosine.rates.at(-1));
  const halved = await run('--lr-schedule', 'step:1:0.5/epoch');
  expect([halved.rates[0], halved.rates.at(-1)]).toEqual([0.02, 0.01]);
  const clipped = await run('--clip-norm', '0.1');
  expect(clipped.config).toMatchObject({ clipNorm: 0.1 });
  expect(new Set([plain.hash, cosine.hash, halved.hash, clipped.hash]).size).toBe(4);
  expect((await run('--lr-schedule', 'constant')).hash).toBe(plain.hash);
});

test.each(optimizerNames)('--optimizer %s trains, with a one-cycle schedule too', async (optimizer) => {
  const out = join(temporaryFolder(), 'run');
  const more = ['--optimizer', optimizer, '--lr', '0.0002', '--lr-schedule', 'one-cycle', '--json', '--out', out];
  const { code, stdout } = await lockstep('train', 'mlp', ...small, ...more);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).trainLoss).toBeLessThan(3);
  expect(json(join(out, 'run.json')).config).toMatchObject({ optimizer, lrSchedule: { kind: 'oneCycle' } });
});

test('without --out the run is saved under runs/<time>-<model>-<data>; --quiet prints nothing', async () => {
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await start(['train', 'mlp', ...small, '--quiet'], { cwd }).ended;
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  const runs = readdirSync(join(cwd, 'runs'));
  expect(runs).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-mlp-mnist$/)]);
});

test('Ctrl-C ends after the current step with code 130 and leaves a model that evaluates', async () => {
  const out = join(temporaryFolder(), 'run');
  const run = start(['train', '--limit', '20000', '--eval-limit', '100', '--epochs', '50', '--out', out, '--json']);
  const metrics = join(out, 'metrics.jsonl');
  const poll = setInterval(() => {
    if (!existsSync(metrics) || readFileSync(metrics).length === 0) return;
    clearInterval(poll);
    run.child.kill('SIGINT');
  }, 50);
  const { code, stdout, stderr } = await run.ended;
  clearInterval(poll);
  expect(code).toBe(130);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ epochs: 0, testLoss: null, testAccuracy: null });
  expect(result.steps).toBeGreaterThan(0);
  expect(stderr).toContain(`stopped after step ${result.steps}, in epoch 1 of 50\n`);
  expect(json(join(out, 'run.json'))).toMatchObject({ status: 'interrupted', result });
  const evaluated = await lockstep('evaluate', out, '--json');
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ weightsHash: result.weightsHash, samples: 100 });
});

test('a loss that is no number ends the run with its metrics and without a model', async () => {
  const out = join(temporaryFolder(), 'run');
  const { code, stderr } = await lockstep(
    'train',
    '--limit',
    '640',
    '--eval-limit',
    '10',
    '--lr',
    '1e20',
    '--out',
    out,
    '--quiet',
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: training, step 2 of epoch 1: expected a finite loss and finite gradients, got a loss of (NaN|Infinity); first in \w+( of| after) [\w.]+ \(forward\): \d+ of \d+ values are not finite, the first is -?(NaN|Infinity)\. Lower the learning rate \(--lr is 100000000000000000000\), or limit the gradients \(--clip-norm 1\), or leave such steps out \(--on-non-finite skip\)\.\n$/,
  );
  expect(readdirSync(out).sort()).toEqual(['metrics.jsonl', 'run.json']);
  expect(json(join(out, 'run.json'))).toMatchObject({ status: 'failed' });
  const evaluated = await lockstep('evaluate', out);
  expect(evaluated.code).toBe(1);
  expect(evaluated.stderr).toMatch(/model\.safetensors: expected the weights of the run, got ENOENT/);
});

test('--on-non-finite rollback is the run with the rate that it comes to, and its metrics hold every step once', async () => {
  const out = join(temporaryFolder(), 'run');
  const common = ['mlp', '--data', 'mnist', '--limit', '1280', '--batch-size', '64', '--momentum', '0'];
  const back = await train([...common, '--lr', '4', '--on-non-finite', 'rollback'], { out });
  const plain = await train([...common, '--lr', '0.5']);
  expect(back.weightsHash).toBe(plain.weightsHash);
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as { type: string; step: number; lr?: number });
  const steps = events.filter(({ type }) => type === 'step').map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  const backs = events.filter(({ type }) => type === 'nonFinite');
  expect(backs.map(({ step, lr }) => [step, lr])).toEqual([
    [0, 2],
    [0, 1],
    [0, 0.5],
  ]);
  expect(json(join(out, 'run.json'))).toMatchObject({
    status: 'completed',
    config: { lr: 4, onNonFinite: 'rollback' },
  });
});

test('--accumulate changes no bit, and a run may go on with another', async () => {
  const out = join(temporaryFolder(), 'run');
  const common = ['seed-net', '--limit', '300', '--batch-size', '128', '--optimizer', 'adam'];
  const { weightsHash } = await train(common);
  expect((await train([...common, '--accumulate', '4'], { out })).weightsHash).toBe(weightsHash);
  expect(json(join(out, 'run.json'))).toMatchObject({ config: { batchSize: 128, accumulate: 4 } });
  const longer = await lockstep('train', '--resume', out, '--accumulate', '2', '--epochs', '2', '--json', '--quiet');
  const whole = await lockstep(
    ...['train', ...common, '--epochs', '2', '--eval-limit', '100', '--json', '--quiet'],
    ...['--out', join(temporaryFolder(), 'run')],
  );
  expect(JSON.parse(longer.stdout).weightsHash).toBe(JSON.parse(whole.stdout).weightsHash);
});

test('a batch larger than the data set is one step of all of it', async () => {
  expect(await train(['mlp', '--limit', '100', '--batch-size', '1000000'])).toMatchObject({ steps: 1, shards: 13 });
});
