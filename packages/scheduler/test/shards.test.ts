/** How a batch is cut into shards, and the seeds of logical workers. */
import { shardBounds, workerSeed } from '@lockstep/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

describe('shardBounds', () => {
  test('cuts as equally as whole samples allow, larger shards first', () => {
    expect(shardBounds(10, 4)).toEqual([0, 3, 6, 8, 10]);
    expect(shardBounds(64, 1)).toEqual([0, 64]);
    expect(shardBounds(3, 7)).toEqual([0, 1, 2, 3]);
  });

  test('covers every sample once, with sizes that differ by at most one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 200 }), (batch, shards) => {
        const bounds = shardBounds(batch, shards);
        const sizes = bounds.slice(1).map((end, i) => end - bounds[i]!);
        expect(bounds[0]).toBe(0);
        expect(bounds.at(-1)).toBe(batch);
        expect(sizes).toHaveLength(Math.min(batch, shards));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('workerSeed', () => {
  test('is the same for the same root and rank, and different for every rank and root', () => {
    const seeds = [0, 1, 7].flatMap((root) => Array.from({ length: 64 }, (_, rank) => workerSeed(root, rank)));
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(workerSeed(7, 3)).toBe(workerSeed(7n, 3));
    for (const seed of seeds) expect(seed >= 0n && seed < 2n ** 64n).toBe(true);
  });

  test('refuses a rank that is no whole number from 0', () => {
    for (const rank of [-1, 0.5, Number.NaN]) {
      expect(() => workerSeed(7, rank)).toThrow(`workerSeed: rank must be an integer ≥ 0, got ${rank}`);
    }
  });
});
