/** Signals to a process that takes its time to stop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const source = new URL('../src/interrupt.ts', import.meta.url).href;
const script = `
  import { listenForInterrupt } from ${JSON.stringify(source)};
  const interrupt = listenForInterrupt(() => console.log('stopping'));
  interrupt.signal.addEventListener('abort', () => console.log('aborted ' + interrupt.exitCode));
  setInterval(() => {}, 1000);
  console.log('listening');`;

function listening(): { child: ChildProcess; says(text: string): Promise<void> } {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const says = async (text: string): Promise<void> => {
    while (!said.includes(text)) await once(child.stdout, 'data');
  };
  return { child, says };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)(
  'the first %s asks to stop; a second one ends the process at once, but not one of the same key press',
  async (name, code) => {
    const { child, says } = listening();
    const exit = once(child, 'exit');
    await says('listening');
    child.kill(name);
    await says(`stopping\naborted ${code}\n`);
    child.kill(name);
    await pause(200);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    await pause(500);
    child.kill(name);
    expect(await exit).toEqual([null, name]);
  },
);
