/** The short form of `npm run soak`, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('seconds of a tiny network: thousands of steps, evaluations and checkpoints, and nothing grows', async () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const flags = ['--expose-gc', '--conditions=@lockstep/source'];
  const short = ['--minutes', '0.15', '--model', 'tiny', '--workers', '2'];
  // Of the speed only minutes say something: other work on the machine makes it fall for seconds, and that ends with code 1.
  const { stdout, code = 0 } = await promisify(execFile)(process.execPath, [...flags, main, ...short]).then(
    ({ stdout: text }) => ({ stdout: text, code: 0 }),
    (failed: { stdout: string; code: number }) => failed,
  );
  const [, steps, checkpoints] = /: (\d+) steps, \d+ epochs with an evaluation each, (\d+) checkpoints/.exec(stdout)!;
  expect(Number(steps)).toBeGreaterThan(1000);
  expect(Number(checkpoints)).toBeGreaterThan(5);
  const words = new Map(
    [...stdout.matchAll(/^\| (.*?) \| .* ± .* \| (\w+) \|$/gm)].map(([, title, word]) => [title, word]),
  );
  const speed = words.get('samples/s');
  expect(code).toBe(speed === 'flat' ? 0 : 1);
  words.delete('samples/s');
  expect(words.size).toBeGreaterThanOrEqual(4);
  expect([...words].filter(([, word]) => word !== 'flat')).toEqual([]);
});
