/** The short form of `npm run soak`, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('seconds of a tiny network: thousands of steps, evaluations and checkpoints, and nothing grows', async () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const flags = ['--expose-gc', '--conditions=@lockstep/source'];
  const short = ['--minutes', '0.15', '--model', 'tiny', '--workers', '2'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, main, ...short]);
  const [, steps, checkpoints] = /: (\d+) steps, \d+ epochs with an evaluation each, (\d+) checkpoints/.exec(stdout)!;
  expect(Number(steps)).toBeGreaterThan(1000);
  expect(Number(checkpoints)).toBeGreaterThan(5);
  expect(stdout).toMatch(/\| arena, MiB \|.*\| flat \|/);
  expect(stdout.trim()).toMatch(/\nflat$/);
});
