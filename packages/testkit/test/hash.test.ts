/** The hash of this package gives the numbers that generate.py printed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chiSquare, fanInBound, goldenValue, hash32, hashTargets, hashUniform, seedOfName } from '../src/index.ts';

interface HashedName {
  readonly name: string;
  readonly seed: number;
  readonly hashes: number[];
  readonly bound: number;
  readonly values: number[];
  readonly targets: number[];
  readonly hashAt100000: number;
}
interface Layer {
  readonly fanIn: number;
  readonly bound: number;
}

const file = new URL('../../core/test/golden/seed-net.json', import.meta.url);
const meta = JSON.parse(readFileSync(file, 'utf8')) as { hash: { names: HashedName[] }; layers: Record<string, Layer> };

describe.each(meta.hash.names)('hash of $name', (golden) => {
  it('has the seed and the hashes of Python', () => {
    const seed = seedOfName(golden.name);
    expect(seed).toBe(golden.seed);
    expect(golden.hashes.map((_, i) => hash32(seed, i))).toEqual(golden.hashes);
    expect(hash32(seed, 100_000)).toBe(golden.hashAt100000);
  });

  it('has the uniform values and targets of Python', () => {
    const { name, bound, values, targets } = golden;
    expect(Array.from(hashUniform(name, values.length, bound))).toEqual(values.map(Math.fround));
    expect(values.map((_, i) => goldenValue(name, i, bound))).toEqual(values.map(Math.fround));
    expect(Array.from(hashTargets(name, targets.length, 10))).toEqual(targets);
  });
});

it('has the literal values that generate.py once gave', () => {
  expect(seedOfName('conv1.weight')).toBe(3184444564);
  expect(hash32(3184444564, 0)).toBe(4099197707);
});

it('computes the bounds of the seed network', () => {
  for (const { fanIn, bound } of Object.values(meta.layers)) expect(fanInBound(fanIn)).toBe(bound);
});

it('is uniform', () => {
  const bins = new Array<number>(16).fill(0);
  for (const value of hashUniform('uniform', 20_000)) bins[Math.floor((value + 1) * 8)]!++;
  expect(chiSquare(bins).pValue).toBeGreaterThan(1e-4);
});
