/** Every file of a run but the checkpoints, with each call that writes failing in turn: whole or as it was, and one line that says why. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { CommandError } from '../src/errors.ts';
import { saveTrace } from '../src/run/profile-file.ts';
import { RunFolder, runFiles } from '../src/run/run-folder.ts';
import { type Fault, plan } from './faulty-fs.ts';
import { temporaryFolder } from './lockstep.ts';

vi.mock('node:fs', async (original) => {
  const { faultyFs } = await import('./faulty-fs.ts');
  return faultyFs(await original());
});

const faults: readonly Fault[] = ['EIO', 'ENOSPC', 'partial'];

/** Runs with the nth call failing; gives the error, which is one of the command's, in a line. */
function failing(at: number, fault: Fault, run: () => void): CommandError | undefined {
  Object.assign(plan, { at, fault, calls: [] });
  try {
    run();
    return undefined;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(CommandError);
    expect((thrown as Error).message).not.toContain('\n');
    return thrown as CommandError;
  } finally {
    plan.at = -1;
  }
}

/** How many calls a run makes. */
function callsOf(run: () => void): string[] {
  expect(failing(-1, 'EIO', run)).toBeUndefined();
  return [...plan.calls];
}

const files = (path: string) => readdirSync(path).filter((name) => !name.startsWith('.lock-'));

describe.each(faults)('%s in any call', (fault) => {
  test.each([runFiles.record, runFiles.model, runFiles.profile])('of saving %s: the old one or the new one', (file) => {
    const calls = callsOf(() => RunFolder.open(join(temporaryFolder(), 'run')).save(file, 'x'));
    let failures = 0;
    for (const at of calls.keys()) {
      const folder = RunFolder.open(join(temporaryFolder(), 'run'));
      folder.save(file, 'the old one');
      const error = failing(at, fault, () => folder.save(file, 'the new one'));
      const content = readFileSync(join(folder.path, file), 'utf8');
      expect(['the old one', 'the new one']).toContain(content);
      if (!error) continue;
      failures++;
      expect(error.message).toMatch(
        /^--out .*: expected a folder that can be written, got .*\. Make room or choose another folder\.$/,
      );
      expect(files(folder.path).sort()).toEqual([file, runFiles.metrics].sort());
      folder.save(file, 'once more');
      expect(readFileSync(join(folder.path, file), 'utf8')).toBe('once more');
    }
    // Opening, writing, syncing, closing and renaming it, and the same of its folder.
    expect(failures).toBeGreaterThanOrEqual(6);
  });

  test('of opening a new folder: nothing is left of it, and the same path can be tried again', () => {
    const calls = callsOf(() => void RunFolder.open(join(temporaryFolder(), 'a', 'run')));
    for (const [at, call] of calls.entries()) {
      const parent = temporaryFolder();
      const path = join(parent, 'a', 'run');
      const error = failing(at, fault, () => void RunFolder.open(path));
      // Looking at other claims writes nothing.
      if (!error) continue;
      expect(readdirSync(parent), call).toEqual([]);
      RunFolder.open(path).close();
      expect(readdirSync(path)).toEqual([runFiles.metrics]);
    }
  });

  test('of writing metrics: whole lines, each once, when there is room again', () => {
    const folder = RunFolder.open(join(temporaryFolder(), 'run'));
    const lines = () => readFileSync(join(folder.path, runFiles.metrics), 'utf8');
    folder.addMetrics({ step: 1 }, { flush: true });
    const error = failing(0, fault, () => {
      folder.addMetrics({ step: 2, loss: 0.123456789 }, { flush: true });
    });
    expect(error!.message).toMatch(/metrics\.jsonl: expected a folder that can be written, got /);
    expect(lines()).toBe('{"step":1}\n');
    folder.addMetrics({ step: 3 }, { flush: true });
    expect(lines()).toBe('{"step":1}\n{"step":2,"loss":0.123456789}\n{"step":3}\n');
    folder.close();
  });

  test('of a trace elsewhere: the old one or the new one', () => {
    const folder = RunFolder.open(join(temporaryFolder(), 'run'));
    const place = temporaryFolder();
    const path = join(place, 'trace.json');
    const calls = callsOf(() => void saveTrace(folder, path, 'x'));
    for (const at of calls.keys()) {
      writeFileSync(path, 'the old one');
      const error = failing(at, fault, () => void saveTrace(folder, path, 'the new one'));
      expect(['the old one', 'the new one']).toContain(readFileSync(path, 'utf8'));
      if (error) expect(error.message).toMatch(/The run itself was saved\.$/);
      expect(readdirSync(place)).toEqual(['trace.json']);
    }
    expect(existsSync(path)).toBe(true);
    folder.close();
  });
});
