/** Random numbers: Philox's published answers, streams, worker seeds, shuffles, and the moments of rand and randn. */
import { manualSeed, permutation, philox, rand, randn, streamKey, traceWith, workerSeed } from '@lockstep/core';
import { chiSquare, correlation, mean } from '@lockstep/testkit';
import { beforeEach, describe, expect, test } from 'vitest';

beforeEach(() => manualSeed(0));

test.each([
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const)('Philox4x32-10 of $counter under $key is Random123’s known answer', ({ counter, key, words }) => {
  expect(philox(counter, key)).toEqual(words);
});

describe('seeds', () => {
  test('beyond 2^53 are bigints, read modulo 2^64', () => {
    expect(streamKey(5, 'dropout')).toEqual(streamKey(5n, 'dropout'));
    expect(streamKey(-1, 'dropout')).toEqual(streamKey(2n ** 64n - 1n, 'dropout'));
    expect(streamKey(2n ** 64n + 5n, 'init')).toEqual(streamKey(5, 'init'));
    const seeds = [2n ** 53n, 2n ** 53n + 1n, 2n ** 32n, 2n ** 63n, 0n];
    expect(new Set(seeds.map((seed) => streamKey(seed, 'init').join())).size).toBe(5);
  });

  test.each([0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('%s is refused', (seed) => {
    expect(() => manualSeed(seed)).toThrow(
      new RangeError(`seed: expected an integer (a bigint beyond 2^53), got ${seed}`),
    );
    expect(() => traceWith(seed, () => 1)).toThrow(RangeError);
  });

  test('a trace has draws of its own and gives the outer ones back, also after an error', () => {
    const first = rand([4]);
    manualSeed(0);
    expect(traceWith(9, () => [...rand([4]).data])).toEqual(traceWith(9, () => [...rand([4]).data]));
    expect(() => traceWith(9, () => {
      throw new Error('stop');
    })).toThrow('stop'); // biome-ignore format: one line
    expect([...rand([4]).data]).toEqual([...first.data]);
  });
});

describe('streams', () => {
  const names = ['init', 'shuffle', 'augment', 'dropout', 'worker', 'user'] as const;

  test('of one seed have different keys, as have their sub-streams', () => {
    const keys = names.flatMap((name) => [0, 1, 2, 2 ** 32].map((index) => streamKey(7, name, index).join()));
    expect(new Set(keys).size).toBe(24);
  });

  test('are not correlated', () => {
    const draws = names.map((name) => {
      const key = streamKey(7, name);
      return Array.from({ length: 20_000 }, (_, i) => philox([i, 0, 0, 0], key)[0]);
    });
    for (let i = 0; i < names.length; i++)
      for (let j = 0; j < i; j++)
        expect(Math.abs(correlation(draws[i]!, draws[j]!))).toBeLessThan(5 / Math.sqrt(20_000));
  });

  test('workerSeed is a pinned 64-bit number, different for every rank and root', () => {
    expect([workerSeed(0, 0), workerSeed(0, 1), workerSeed(0, 2)]).toEqual([
      0xe5a5ea882a497e61n,
      0x6dc1f43135a97ab0n,
      0xb571a1ac08a61f29n,
    ]);
    expect(workerSeed(7, 0)).toBe(0xd06b17eb9c5f0598n);
    expect(workerSeed(2n ** 53n + 1n, 5)).toBe(0x4ee3e8820eee1a3en);
    const seeds = [0, 1, 7].flatMap((root) => Array.from({ length: 1000 }, (_, rank) => workerSeed(root, rank)));
    expect(new Set(seeds).size).toBe(3000);
    expect(() => workerSeed(0, -1)).toThrow(/rank must be an integer ≥ 0, got -1/);
    expect(() => workerSeed(0, 1.5)).toThrow(RangeError);
  });
});

describe('permutation', () => {
  const order = (seed: number | bigint, epoch: number, count: number) =>
    Array.from({ length: count }, (_, i) => i).map(permutation(seed, epoch, count));
  const isBijection = (values: number[]) =>
    values.every((value) => Number.isInteger(value) && value >= 0 && value < values.length) &&
    new Set(values).size === values.length;

  test('is a bijection of [0, n) for n from 1 to 300, and for 60000', () => {
    for (let n = 1; n <= 300; n++) expect(isBijection(order(3, n, n)), `n = ${n}`).toBe(true);
    expect(isBijection(order(1, 0, 60_000))).toBe(true);
  });

  test('is pinned, and differs by epoch and seed', () => {
    expect(order(7, 0, 8)).toEqual([6, 5, 1, 3, 2, 7, 0, 4]);
    expect(order(7, 1, 8)).toEqual([4, 3, 1, 6, 5, 2, 7, 0]);
    const orders = [order(7, 0, 50), order(7, 1, 50), order(8, 0, 50), order(7n + 2n ** 32n, 0, 50)];
    expect(new Set(orders.map(String)).size).toBe(4);
  });

  test.each([7, 64, 100])(
    'puts every sample in every place equally often: n = %i',
    (n) => {
      const epochs = 200 * n;
      const counts = new Float64Array(n * n);
      for (let epoch = 0; epoch < epochs; epoch++) {
        const at = permutation(11, epoch, n);
        for (let i = 0; i < n; i++) counts[i * n + at(i)]!++;
      }
      // Rows and columns sum to the number of epochs: (n − 1)² degrees of freedom of n², so the test is a little strict.
      const { statistic } = chiSquare(counts);
      const degrees = (n - 1) ** 2;
      expect(Math.abs(statistic - degrees)).toBeLessThan(5 * Math.sqrt(2 * degrees));
    },
    60_000,
  );

  test('moves samples that were neighbours apart', () => {
    const places = order(5, 0, 60_000);
    expect(Math.abs(correlation(places.slice(1), places.slice(0, -1)))).toBeLessThan(5 / Math.sqrt(60_000));
    expect(places.filter((place, i) => place === i).length).toBeLessThan(10);
  });
});

describe('rand and randn', () => {
  const n = 1_000_000;
  const moment = (values: ArrayLike<number>, power: number) => mean(Array.from(values, (value) => value ** power));

  test('rand is uniform in [0, 1): mean, variance and 64 equal bins', () => {
    const { data } = rand([n], { seed: 1 });
    expect(data.every((value: number) => value >= 0 && value < 1)).toBe(true);
    expect(Math.abs(mean(data) - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(moment(data, 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
    const bins = new Float64Array(64);
    for (const value of data) bins[Math.floor(value * 64)]!++;
    expect(chiSquare(bins).pValue).toBeGreaterThan(1e-5);
  });

  test('randn has the first four moments of the normal distribution', () => {
    const { data } = randn([n], { seed: 2 });
    // Standard deviations of the sample moments: 1, √2, √15, √96, each over √n.
    expect(Math.abs(mean(data))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(data, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(data, 3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(data, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(Math.abs(correlation(data.subarray(1), data.subarray(0, n - 1)))).toBeLessThan(5 / Math.sqrt(n));
  });

  test('take bounds, mean and deviation, and any shape', () => {
    const { data } = rand([1000], { low: -2, high: 3, seed: 1 });
    expect(Math.min(...data)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...data)).toBeLessThan(3);
    expect([...randn([3], { mean: 10, std: 0, seed: 1 }).data]).toEqual([10, 10, 10]);
    expect([rand([]).shape, randn([0, 3]).shape, randn([2, 3, 5]).size]).toEqual([[], [0, 3], 30]);
  });

  test('draw anew at each call, and the same again after manualSeed or with a seed of their own', () => {
    const [a, b] = [[...rand([4]).data], [...rand([4]).data]];
    expect(a).not.toEqual(b);
    manualSeed(0);
    expect([...rand([4]).data]).toEqual(a);
    expect([...rand([4], { seed: 6 }).data]).toEqual([...rand([4], { seed: 6 }).data]);
    expect([...rand([4]).data]).toEqual(b);
    expect([...rand([6], { seed: 6 }).data.slice(0, 4)]).toEqual([...rand([4], { seed: 6 }).data]);
  });
});
