/** `--resume` as a user meets it: kills, Ctrl-C, two processes, damaged checkpoints, full disks, other options. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chaosRun } from '../scripts/chaos-run.ts';
import { type Ended, lockstep, type Run, start, temporaryFolder } from './lockstep.ts';

/** 188 steps with dropout, momentum and a remainder batch. */
const options = [
  'seed-net',
  '--limit',
  '3000',
  '--eval-limit',
  '100',
  '--epochs',
  '2',
  '--batch-size',
  '32',
  '--seed',
  '5',
];
const often = ['--checkpoint-every', '10'];
const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));
const hashOf = ({ code, stdout, stderr }: Ended): string => {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!).weightsHash;
};
/** Whole lines, without what depends on time. */
function metricsOf(run: string): object[] {
  const file = join(run, 'metrics.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line) => ({ ...JSON.parse(line), samplesPerSecond: 0 }));
}
const checkpointsOf = (run: string): string[] => {
  const folder = join(run, 'checkpoints');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .sort()
    : [];
};

let reference: { hash: string; metrics: object[] } | undefined;
/** The undisturbed run, without checkpoints. */
async function undisturbed(): Promise<{ hash: string; metrics: object[] }> {
  if (reference) return reference;
  const out = join(temporaryFolder(), 'run');
  const hash = hashOf(await lockstep('train', ...options, '--checkpoint-every', 'none', '--out', out, '--json'));
  expect(readdirSync(out).sort()).toEqual(['metrics.jsonl', 'model.safetensors', 'run.json']);
  reference = { hash, metrics: metricsOf(out) };
  return reference;
}

/** Comes back when the run has written so many checkpoints. */
async function hasCheckpoints(run: Run, out: string, count = 1): Promise<void> {
  const seen = (): boolean => Number(checkpointsOf(out).at(-1)?.slice(0, 6) ?? 0) >= count;
  while (!seen() && run.child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(seen()).toBe(true);
}

/**
 * A run that got a signal on its way, as soon as `when` holds; `also` must hold after its end. On a quick machine it may end before that:
 * then there is another attempt.
 */
async function signalled(
  signal: NodeJS.Signals,
  at: { when: (out: string) => boolean; also?: (out: string) => boolean; every?: readonly string[] },
): Promise<{ out: string; ended: Ended }> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const out = join(temporaryFolder(), 'run');
    const run = start(['train', ...options, ...(at.every ?? often), '--out', out, '--json']);
    while (run.child.exitCode === null && !at.when(out)) await new Promise((resolve) => setTimeout(resolve, 2));
    run.child.kill(signal);
    const ended = await run.ended;
    if (ended.code !== 0 && (at.also?.(out) ?? true)) return { out, ended };
  }
  throw new Error('the run has always ended before the signal');
}

/** A run that Ctrl-C has ended when it had two checkpoints. */
const interrupted = (signal: NodeJS.Signals = 'SIGINT') =>
  signalled(signal, { when: (out) => checkpointsOf(out).length >= 2 });

test('kills at random moments and during writes: the resumed run ends with the weights of the undisturbed one', async () => {
  const folder = temporaryFolder();
  let state = 12345;
  const random = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
  const train = [...options, '--dropout-schedule', 'linear:100', '--lr-schedule', 'one-cycle', ...often];
  const report = await chaosRun({ folder, train, kills: 4, random, withinMs: 30_000 });
  expect(report.kills).toBeGreaterThanOrEqual(1);
  expect([...report.hashes]).toEqual([report.hash]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s finishes the step, writes a checkpoint and says how to go on', async (signal, exitCode) => {
  const { hash, metrics } = await undisturbed();
  const { out, ended } = await interrupted(signal);
  expect(ended.code).toBe(exitCode);
  const { steps } = JSON.parse(ended.stdout);
  expect(ended.stderr).toContain(`go on after step ${steps}: lockstep train --resume ${out}\n`);
  expect(checkpointsOf(out).at(-1)).toContain(`-step-${steps}.json`);
  expect(json(join(out, 'run.json'))).toMatchObject({ status: 'interrupted', result: { steps } });
  expect(metricsOf(out)).toEqual(metrics.slice(0, metricsOf(out).length));

  const resumed = await lockstep('train', '--resume', out, '--workers', '3', '--shards', '5', '--json');
  expect(resumed.stderr).toContain(`going on after step ${steps}, `);
  expect(hashOf(resumed)).toBe(hash);
  expect(metricsOf(out)).toEqual(metrics);
  expect(json(join(out, 'run.json'))).toMatchObject({ status: 'completed', config: { workers: 3, shards: 5 } });
  const evaluated = await lockstep('evaluate', out, '--json');
  expect(JSON.parse(evaluated.stdout).weightsHash).toBe(hash);

  const again = await lockstep('train', '--resume', out, '--json');
  expect(again.stderr).toBe('the run is complete: 2 epochs; --epochs with more goes on\n');
  expect(hashOf(again)).toBe(hash);
});

test('metrics after the last checkpoint are cut off and written anew', async () => {
  const { hash, metrics } = await undisturbed();
  const isAhead = (out: string): boolean => {
    const step = Number(/-step-(\d+)/.exec(checkpointsOf(out).at(-1) ?? '')?.[1] ?? Number.NaN);
    return metricsOf(out).some((line) => 'step' in line && Number(line.step) > step);
  };
  const { out } = await signalled('SIGKILL', { when: isAhead, also: isAhead });
  expect(json(join(out, 'run.json'))).toMatchObject({ status: 'running' });
  expect(hashOf(await lockstep('train', '--resume', out, '--json'))).toBe(hash);
  expect(metricsOf(out)).toEqual(metrics);
});

test('a run that was killed before its first checkpoint begins anew', async () => {
  const { hash, metrics } = await undisturbed();
  const hasNone = (out: string): boolean => existsSync(join(out, 'run.json')) && checkpointsOf(out).length === 0;
  const { out } = await signalled('SIGKILL', { when: hasNone, also: hasNone, every: [] });
  const resumed = await lockstep('train', '--resume', out, '--json');
  expect(resumed.stderr).toContain('the run has no checkpoint yet: it begins anew\n');
  expect(hashOf(resumed)).toBe(hash);
  expect(metricsOf(out)).toEqual(metrics);
});

test('a finished run goes on with more epochs', async () => {
  const { hash } = await undisturbed();
  const out = join(temporaryFolder(), 'run');
  const short = [...options, '--epochs', '1', '--out', out, '--json'];
  expect(hashOf(await lockstep('train', ...short))).not.toBe(hash);
  expect(hashOf(await lockstep('train', '--resume', out, '--epochs', '2', '--json'))).toBe(hash);
  const fewer = await lockstep('train', '--resume', out, '--epochs', '1');
  expect(fewer).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('expected at least the 2 that the run has done'),
  });
});

describe('two processes', () => {
  test('a run that goes on cannot be resumed, and is not disturbed', async () => {
    const { hash } = await undisturbed();
    const out = join(temporaryFolder(), 'run');
    const run = start(['train', ...options, ...often, '--out', out, '--json', '--quiet']);
    await hasCheckpoints(run, out);
    const { code, stderr } = await lockstep('train', '--resume', out);
    if (run.child.exitCode === null) {
      expect(code).toBe(1);
      expect(stderr).toContain(`expected a run that no other process works on, got process ${run.child.pid}, since`);
    }
    expect(hashOf(await run.ended)).toBe(hash);
    expect(readdirSync(out).filter((file) => file.startsWith('.lock'))).toEqual([]);
  });

  test('that resume one run at the same time: not more than one does', async () => {
    const { hash, metrics } = await undisturbed();
    const { out } = await interrupted();
    const args = ['train', '--resume', out, '--json'];
    const both = await Promise.all([lockstep(...args), lockstep(...args)]);
    const refused = both.filter(({ code }) => code === 1);
    for (const { stderr } of refused) expect(stderr).toContain('expected a run that no other process works on');
    for (const ended of both) if (!refused.includes(ended)) expect(hashOf(ended)).toBe(hash);
    if (refused.length === 2) await lockstep(...args);
    expect(metricsOf(out)).toEqual(metrics);
  });
});

test('a damaged newest checkpoint is skipped with a warning', async () => {
  const { hash, metrics } = await undisturbed();
  const { out } = await interrupted();
  const [before, newest] = checkpointsOf(out)
    .slice(-2)
    .map((file) => file.replace('.json', '')) as [string, string];
  truncateSync(join(out, 'checkpoints', `${newest}.safetensors`), 100_000);
  const resumed = await lockstep('train', '--resume', out, '--json');
  expect(resumed.stderr).toContain(`warning: checkpoint ${newest} cannot be used: `);
  expect(resumed.stderr).toContain(`(checkpoint ${before})`);
  expect(hashOf(resumed)).toBe(hash);
  expect(metricsOf(out)).toEqual(metrics);
});

test('a run whose checkpoints are all damaged is refused, and stays as it is', async () => {
  const { out } = await interrupted();
  for (const file of checkpointsOf(out)) truncateSync(join(out, 'checkpoints', file), 30);
  const before = readFileSync(join(out, 'metrics.jsonl'));
  const { code, stderr } = await lockstep('train', '--resume', out);
  expect(code).toBe(1);
  expect(stderr).toMatch(/expected a checkpoint, got \d damaged ones\. Start a new run\.\n$/);
  expect(readFileSync(join(out, 'metrics.jsonl')).equals(before)).toBe(true);
});

describe('other options', () => {
  test('that change bits are refused with the difference; --force branches off into a new folder', async () => {
    const { out, ended } = await interrupted();
    const { steps } = JSON.parse(ended.stdout);
    const refused = await lockstep('train', '--resume', out, '--lr', '0.05', '--seed', '9', '--epochs', '2');
    expect(refused).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'error: --resume: expected the options of the run, got --lr 0.05 (the run has 0.02), --seed 9 (the run has 5). Leave them out, or add --force to branch off into a new folder with them.\n',
    });
    const branch = join(temporaryFolder(), 'branch');
    const forced = await lockstep('train', '--resume', out, '--lr', '0.05', '--force', '--out', branch, '--json');
    expect(hashOf(forced)).not.toBe((await undisturbed()).hash);
    expect(json(join(branch, 'run.json'))).toMatchObject({ branchOf: { run: out, step: steps }, config: { lr: 0.05 } });
    const rates = metricsOf(branch).flatMap((line) => ('lr' in line ? [line.lr] : []));
    expect(rates).toEqual([...Array(steps).fill(0.02), ...Array(188 - steps).fill(0.05)]);
    expect(json(join(out, 'run.json'))).toMatchObject({ status: 'interrupted' });
  });

  test('that no state fits are refused, with --force too', async () => {
    const { out } = await interrupted();
    const refused = async (...args: string[]) => (await lockstep('train', ...args, '--resume', out, '--force')).stderr;
    expect(await refused('mlp')).toContain('got model "mlp" (the run has "seed-net"). Start a new run');
    expect(await refused('--optimizer', 'adam')).toContain(
      'got --optimizer "adam" (the run has "sgd"). Start a new run',
    );
    expect(await refused('--batch-size', '64')).toMatch(/which stands \d+ steps into an epoch, got --batch-size 64/);
  });

  test('that make no sense together', async () => {
    const line = async (...args: string[]) => (await lockstep('train', ...args)).stderr;
    expect(await line('--force')).toBe(
      'error: --force: expected --resume, got nothing. Say which run to branch off from.\n',
    );
    expect(await line('--resume', 'none')).toContain('none/run.json: expected the record of a run, got ENOENT');
    expect(await line('--checkpoint-every', '10x')).toContain(
      '--checkpoint-every: expected a number of steps, a time as 30s, 10m or 1h, epochs as 2epochs, or none, got 10x.',
    );
    const { out } = await interrupted();
    expect(await line('--resume', out, '--out', 'x')).toContain('--out: expected nothing besides --resume, got x.');
  });
});

describe('a disk without room', () => {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

  test.skipIf(process.platform === 'win32')(
    'writes that end half way: older checkpoints stay, training goes on',
    async () => {
      const { hash, metrics } = await undisturbed();
      const { out } = await interrupted();
      const before = checkpointsOf(out);
      // No file may be larger than 200 blocks: a write gets as far as that. The metrics are smaller.
      const limited = 'ulimit -f 200; exec "$0" "$@"';
      const child = spawn(
        'sh',
        ['-c', limited, process.execPath, main, 'train', '--resume', out, '--checkpoint-every', '10', '--quiet'],
        {
          env: { ...process.env, NODE_OPTIONS: '' },
        },
      );
      let stderr = '';
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      const code = await new Promise((resolve) => child.on('close', resolve));
      expect(stderr).toMatch(
        /warning: the checkpoint of step \d+ could not be written: EFBIG.*; the last one is that of step \d+\n/,
      );
      // Neither can the model be saved at the end.
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/error: .*model\.safetensors: .*EFBIG/),
      });
      expect(checkpointsOf(out)).toEqual(before);
      expect(readdirSync(join(out, 'checkpoints'))).toHaveLength(2 * before.length);
      expect(metricsOf(out)).toEqual(metrics);
      expect(hashOf(await lockstep('train', '--resume', out, '--json'))).toBe(hash);
      expect(metricsOf(out)).toEqual(metrics);
    },
  );

  const disk = temporaryDisk();
  test.skipIf(!disk)(
    'a full file system: the older checkpoints stay, and the run can be resumed from them',
    async () => {
      const longer = ['--epochs', '3', '--json'];
      const hash = hashOf(await lockstep('train', ...options, ...longer, '--out', join(temporaryFolder(), 'run')));
      const folder = join(temporaryFolder(), 'disk');
      mkdirSync(folder);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3500k', 'tmpfs', folder]).status).toBe(0);
      onTestFinished(() => void spawnSync('umount', [folder]));
      const out = join(folder, 'run');
      const run = start(['train', ...options, ...often, '--out', out, '--json']);
      const { stderr } = await run.ended;
      expect(stderr).toMatch(
        /warning: the checkpoint of step \d+ could not be written: ENOSPC.*; the last one is that of step \d+\n/,
      );
      expect(checkpointsOf(out)).toHaveLength(2);
      expect(readdirSync(join(out, 'checkpoints'))).toHaveLength(4);
      expect(spawnSync('mount', ['-o', 'remount,size=50m', folder]).status).toBe(0);
      const resumed = await lockstep('train', '--resume', out, ...longer);
      expect(resumed.stderr).toMatch(/going on after step [1-9]0, /);
      expect(hashOf(resumed)).toBe(hash);
    },
  );
});

/** Whether small file systems can be made here. */
function temporaryDisk(): boolean {
  return (
    process.platform === 'linux' && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
  );
}
