/** The synchronous calls of `node:fs` that write, of which one fails; for `vi.mock('node:fs', …)`. */
import type * as fs from 'node:fs';

export type Fault = 'EIO' | 'ENOSPC' | 'partial';

/** The calls that are counted. */
const writing = [
  'openSync',
  'writeSync',
  'fsyncSync',
  'closeSync',
  'renameSync',
  'mkdirSync',
  'ftruncateSync',
] as const;

export interface FaultPlan {
  /** The number of the call that fails, from 0; −1: none. */
  at: number;
  fault: Fault;
  /** Calls so far, by name. */
  calls: string[];
}

export const plan: FaultPlan = { at: -1, fault: 'EIO', calls: [] };

/** A write gets half of its bytes to the file before it fails with `partial`; a file that fails to close is closed. */
export function faultyFs(actual: typeof fs): typeof fs {
  const guarded = Object.fromEntries(
    writing.map((name) => {
      const call = actual[name] as (...args: unknown[]) => unknown;
      const run = (...args: unknown[]): unknown => {
        if (plan.calls.push(name) - 1 !== plan.at) return call(...args);
        if (name === 'closeSync') call(...args);
        if (name === 'writeSync' && plan.fault === 'partial') {
          const [descriptor, bytes, from] = args as [number, Uint8Array, number];
          actual.writeSync(descriptor, bytes, from, (bytes.length - from) >> 1);
        }
        const code = plan.fault === 'EIO' ? 'EIO' : 'ENOSPC';
        throw Object.assign(new Error(`${code}: injected into ${name}`), { code });
      };
      return [name, run];
    }),
  );
  return { ...actual, ...guarded } as typeof fs;
}
