/** The lock of a run folder: one process at a time; claims of processes that are gone do not count. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockRun } from '../src/run/run-lock.ts';
import { temporaryFolder } from './lockstep.ts';

const linux = process.platform === 'linux';
const claims = (folder: string): string[] => readdirSync(folder).filter((file) => file.startsWith('.lock-'));

/** Puts a claim into the folder as another process would. */
function claim(folder: string, changes: object = {}): void {
  const own = lockRun(folder);
  const content = JSON.parse(readFileSync(join(folder, claims(folder)[0]!), 'utf8'));
  own.release();
  const old = new Date(Date.now() - 10_000).toISOString();
  writeFileSync(join(folder, '.lock-1-abcdef'), JSON.stringify({ ...content, since: old, ...changes }));
}

test('a second lock is refused and says who holds the first; after its release it is given', () => {
  const folder = temporaryFolder();
  const first = lockRun(folder);
  expect(() => lockRun(folder)).toThrow(
    new RegExp(`expected a run that no other process works on, got process ${process.pid}, since .*Wait until it ends`),
  );
  expect(claims(folder)).toHaveLength(1);
  first.release();
  lockRun(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('the claim of a living process counts', () => {
  const folder = temporaryFolder();
  claim(folder);
  expect(() => lockRun(folder)).toThrow(`got process ${process.pid}, since`);
});

test('the claim of a process that has ended does not', () => {
  const folder = temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['--version']);
  claim(folder, { pid, began: undefined });
  lockRun(folder).release();
  expect(claims(folder)).toEqual([]);
});

test.runIf(linux)(
  'nor that of an earlier start of the system, nor that of an earlier process with the same number',
  () => {
    for (const changes of [{ boot: '00000000-0000-0000-0000-000000000000' }, { began: '1' }]) {
      const folder = temporaryFolder();
      claim(folder, changes);
      lockRun(folder).release();
      expect(claims(folder)).toEqual([]);
    }
  },
);

test('nor one that was made before the system started', () => {
  const folder = temporaryFolder();
  claim(folder, { since: '2001-01-01T00:00:00.000Z' });
  lockRun(folder).release();
});

test.runIf(linux)('nor that of a process that was killed and that its parent has not looked at yet', async () => {
  const folder = temporaryFolder();
  // The shell becomes a program that never asks for its child's end.
  const parent = spawn('sh', ['-c', `${process.execPath} --version >/dev/null & echo $!; exec sleep 30`]);
  const pid = await new Promise<number>((resolve) => parent.stdout.on('data', (text) => resolve(Number(text))));
  const stateOf = (): string => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '')[0]!;
  while (stateOf() !== 'Z') await new Promise((resolve) => setTimeout(resolve, 20));
  const began = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')[19];
  claim(folder, { pid, began });
  lockRun(folder).release();
  parent.kill('SIGKILL');
});

test('a damaged claim does not count; one of another host does, and the message names the file', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.lock-1-abcdef'), '{"pid":');
  lockRun(folder).release();
  claim(folder, { host: `not-${hostname()}` });
  expect(() => lockRun(folder)).toThrow(`If it is gone, remove ${join(folder, '.lock-1-abcdef')}.`);
  expect(claims(folder)).toEqual(['.lock-1-abcdef']);
});

test('of many processes that come at the same time never two get it', async () => {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const source = new URL('../src/run/run-lock.ts', import.meta.url).href;
  const script = `
    import { appendFileSync } from 'node:fs';
    import { lockRun } from ${JSON.stringify(source)};
    for (let i = 0; i < 30; i++) {
      try {
        const lock = lockRun(${JSON.stringify(folder)});
        appendFileSync(${JSON.stringify(log)}, '+');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
        appendFileSync(${JSON.stringify(log)}, '-');
        lock.release();
      } catch (error) {
        if (!error.message.includes('no other process')) throw error;
      }
    }`;
  const runs = Array.from({ length: 3 }, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    return new Promise<[number | null, string]>((resolve) => child.on('close', (code) => resolve([code, errors])));
  });
  for (const [code, errors] of await Promise.all(runs)) expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const text = readFileSync(log, 'utf8');
  expect(text.length).toBeGreaterThan(20);
  expect(text).toMatch(/^(\+-)*$/);
});
