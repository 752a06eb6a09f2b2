/** The short form of `npm run soak`, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('seconds of a tiny network: thousands of steps, evaluations and checkpoints, and nothing grows', async () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const flags = ['--expose-gc', '--conditions=@lockstep/source'];
  const short = ['--minutes', '0.15', '--model', 'tiny', '--workers', '2'];
  // Memory and speed take minutes to judge: workers' heaps still find their size, and other work on the machine slows all down. Where only they
  // are not flat, the command ends with code 1.
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, main, ...short]).catch(
    (failed: { stdout: string }) => failed,
  );
  const [, steps, checkpoints] = /: (\d+) steps, \d+ epochs with an evaluation each, (\d+) checkpoints/.exec(stdout)!;
  expect(Number(steps)).toBeGreaterThan(1000);
  expect(Number(checkpoints)).toBeGreaterThan(5);
  const verdicts = [...stdout.matchAll(/^\| (.*?) \| (.*?) \| (.*?) \| ± .* \| (\w+) \|$/gm)];
  const memory = verdicts.find(([, title]) => title === 'memory, MiB')!;
  expect(Number(memory[3]) - Number(memory[2])).toBeLessThan(32);
  const others = verdicts.filter(([, title]) => title !== 'memory, MiB' && title !== 'samples/s');
  expect(others.map(([, title]) => title)).toEqual(expect.arrayContaining(['heap, MiB', 'arena, MiB', 'handles']));
  expect(others.filter(([, , , , word]) => word !== 'flat').map(([row]) => row)).toEqual([]);
});
