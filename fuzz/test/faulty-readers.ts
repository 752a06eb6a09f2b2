/** Readers that each do one thing that no reader may do, for inputs that begin with an x or more. */
import type { OpenReader } from '../reader.ts';
import { plain, utf8 } from '../reader.ts';

class OwnError extends Error {}

function faulty(fault: () => unknown): OpenReader {
  return () => ({
    layers: [plain(() => [utf8('a valid file')])],
    mostBytes: (length) => length + 2 ** 17,
    isOwn: (thrown) => thrown instanceof OwnError,
    read: (input) => (input.length > 3 && input[2]! > 0x7f ? fault() : undefined),
  });
}

function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

export const readers: Readonly<Record<string, OpenReader>> = {
  foreign: faulty(() => {
    throw new TypeError('no DataError');
  }),
  greedy: faulty(() => void new Float32Array(250_000)),
  polluting: faulty(() => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true });
  }),
  talkative: faulty(() => {
    throw new OwnError(`x: ${'y'.repeat(5000)}`);
  }),
  slow: faulty(() => wait(300)),
  endless: faulty(() => wait(Number.POSITIVE_INFINITY)),
};
