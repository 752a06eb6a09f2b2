/** Filling the cache with each call that writes failing in turn: the old data set or the new one, and one line that says why. */
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { allocateShared, type DatasetFacts } from '../src/index.ts';
import { cacheFiles, fillCache, loadCached } from '../src/node/cache.ts';
import { dataError, folderWith } from './fixtures.ts';

const plan = vi.hoisted(() => ({ at: -1, calls: [] as string[] }));

vi.mock('node:fs/promises', async (original) => {
  const actual = await original<Record<string, (...args: unknown[]) => Promise<unknown>>>();
  const guarded = ['mkdir', 'mkdtemp', 'writeFile', 'rename'].map((name) => {
    const run = async (...args: unknown[]): Promise<unknown> => {
      if (plan.calls.push(name) - 1 !== plan.at) return actual[name]!(...args);
      throw Object.assign(new Error(`ENOSPC: injected into ${name}`), { code: 'ENOSPC', syscall: name });
    };
    return [name, run];
  });
  return { ...actual, ...Object.fromEntries(guarded) };
});

const facts: DatasetFacts = {
  ...{ name: 'tiny', title: 'Two pixels', shape: [1, 1, 2], classes: ['a', 'b'], mean: [0.5], std: [0.5] },
  counts: { train: 1, test: 1 },
};

const fill = (cacheFolder: string, value: number) =>
  fillCache({
    cacheFolder,
    facts,
    source: 'tiny@1.0.0',
    write: async (folder) => {
      for (const split of ['train', 'test'] as const) {
        await writeFile(join(folder, cacheFiles(split).images), Uint8Array.of(value, value));
        await writeFile(join(folder, cacheFiles(split).labels), Uint8Array.of(1));
      }
    },
  });

const pixels = (cacheFolder: string) => [
  ...loadCached({ cacheFolder, facts, split: 'train', allocate: allocateShared }).images,
];

test('ENOSPC in any call', async () => {
  const first = folderWith({});
  await fill(first, 1);
  Object.assign(plan, { calls: [] });
  await fill(first, 2);
  expect(pixels(first)).toEqual([2, 2]);
  const calls = [...plan.calls];
  // The folder, the temporary one and two in it, four files and the manifest, the old one aside and the new one in its place.
  expect(calls).toHaveLength(11);
  for (const at of calls.keys()) {
    const cacheFolder = folderWith({});
    await fill(cacheFolder, 1);
    Object.assign(plan, { at, calls: [] });
    const error = await dataError(() => fill(cacheFolder, 2));
    plan.at = -1;
    expect(error.got).toBe(`ENOSPC: injected into ${calls[at]}`);
    expect(readdirSync(cacheFolder)).toEqual(['tiny']);
    expect(pixels(cacheFolder)).toEqual([1, 1]);
    await fill(cacheFolder, 3);
    expect(readFileSync(join(cacheFolder, 'tiny', cacheFiles('test').images))).toEqual(Buffer.from([3, 3]));
  }
});
