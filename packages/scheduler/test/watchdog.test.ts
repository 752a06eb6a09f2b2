/** The watchdog: what it takes for a hang, and what it does not. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watchdog } from '../src/pool/watchdog.ts';
import { Sync, syncBytes } from '../src/worker/sync.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function freshSync(): Sync {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  expect(syncBytes).toBeLessThan(65536);
  return new Sync(memory, 0);
}

/** Whether the watchdog has spoken after so many seconds in which `work` is done every second. */
async function speaks(watchdog: Watchdog, sync: Sync, seconds: number, work: (second: number) => void = () => {}) {
  let hung: number | undefined;
  const { hangs, end } = watchdog.follow(sync);
  void hangs.then((quiet) => {
    hung = quiet;
  });
  for (let second = 0; second < seconds; second++) {
    work(second);
    await vi.advanceTimersByTimeAsync(1000);
  }
  end();
  return hung;
}

test('a segment without progress hangs after the limit, not before', async () => {
  const sync = freshSync();
  expect(await speaks(new Watchdog(30), sync, 30)).toBeUndefined();
  expect(await speaks(new Watchdog(30), sync, 32)).toBe(31);
});

test('tasks that are claimed, barriers that open and workers that join are progress', async () => {
  const sync = freshSync();
  const work = (second: number) => {
    if (second % 20 === 5) sync.claim();
    if (second % 20 === 15) sync.abort();
  };
  expect(await speaks(new Watchdog(12), sync, 200, work)).toBeUndefined();
  const joining = (second: number) => void (second % 11 === 0 && sync.join(1, () => {}));
  expect(await speaks(new Watchdog(12), sync, 100, joining)).toBeUndefined();
});

test('after a task that took long ten times as long is allowed; after a thread that was slow to start it is not', async () => {
  const slowTasks = new Watchdog(10);
  const sync = freshSync();
  sync.claim();
  expect(await speaks(slowTasks, sync, 20, (second) => void (second === 9 && sync.claim()))).toBeUndefined();
  expect(await speaks(slowTasks, sync, 80)).toBeUndefined();
  expect(await speaks(slowTasks, sync, 100)).toBe(91);
  const slowStart = new Watchdog(10);
  const starting = freshSync();
  expect(
    await speaks(slowStart, starting, 9, (second) => void (second === 8 && starting.join(1, () => {}))),
  ).toBeUndefined();
  expect(await speaks(slowStart, starting, 12)).toBe(11);
});

test.each([0, -1, Number.NaN])('%d seconds are a RangeError', (seconds) => {
  expect(() => new Watchdog(seconds)).toThrow(new RangeError(`hangSeconds: expected a number above 0, got ${seconds}`));
});
