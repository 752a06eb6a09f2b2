/**
 * What the composed members of the dropout family draw: the statistics that theory gives (bounds are 5 standard errors, seeds are fixed), no
 * correlation of steps, calls and samples, and no dependence on the cut of the batch.
 */
import { F, inputTensor, manualSeed, nn, ones, Tensor, traceWith, zeros } from '@lockstep/core';
import { binomialBounds, correlation } from '@lockstep/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { drawSite } from '../src/nn/dropout/draw.ts';
import { noiseNode } from '../src/ops/noise.ts';
import { expectedMask, maskOf } from './dropout-reference.ts';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(2027));

const million = 1_000_000;

/** Uniform deviates for each element. */
const noiseLike = (x: Tensor) => new Tensor(noiseNode(x.shape, drawSite({}, 'noise')!));

/** The mean, and the mean square distance from the law's mean, within 5 standard errors of a law with this fourth central moment. */
function expectMoments(values: ArrayLike<number>, law: { mean: number; variance: number; fourth: number }): void {
  const n = values.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += values[i]!;
    squares += (values[i]! - law.mean) ** 2;
  }
  expect(Math.abs(sum / n - law.mean)).toBeLessThanOrEqual(5 * Math.sqrt(law.variance / n));
  const spread = Math.max(0, law.fourth - law.variance ** 2);
  expect(Math.abs(squares / n - law.variance)).toBeLessThanOrEqual(5 * Math.sqrt(spread / n));
}

/** 0 with probability p, else 1/(1 − p). */
function invertedLaw(p: number) {
  const kept = 1 / (1 - p);
  return { mean: 1, variance: p / (1 - p), fourth: p + (1 - p) * (kept - 1) ** 4 };
}

const expectShare = (count: number, n: number, p: number) => {
  const { low, high } = binomialBounds(n, p, 5);
  expect(count).toBeGreaterThan(low);
  expect(count).toBeLessThan(high);
};

const count = (values: ArrayLike<number>, is: (value: number) => boolean) => {
  let found = 0;
  for (let i = 0; i < values.length; i++) if (is(values[i]!)) found++;
  return found;
};

describe('statistics of 10⁶ draws', () => {
  test('noise is uniform in (0, 1)', () => {
    const { data } = noiseLike(zeros([1000, 1000]));
    expect(data.every((value) => value > 0 && value < 1)).toBe(true);
    expectMoments(data, { mean: 0.5, variance: 1 / 12, fourth: 1 / 80 });
  });

  test.each([0.1, 0.5, 0.8])('dropConnect with p = %s has the mean 1 and the variance p/(1 − p)', (p) => {
    const { data } = F.dropConnect(ones([1000, 1000]), { p });
    expectShare(
      count(data, (value) => value === 0),
      million,
      p,
    );
    expectMoments(data, invertedLaw(Math.round(p * 65536) / 65536));
  });

  test.each([0.01, 0.3])('dropBlock2d with blocks of one pixel and p = %s drops as dropout does', (p) => {
    const { data } = F.dropBlock2d(ones([10, 10, 100, 100]), { p, blockSize: 1 });
    const dropped = count(data, (value) => value === 0);
    expectShare(dropped, million, p);
    const scale = Math.max(...data.subarray(0, 1000));
    expect(scale).toBeCloseTo(million / (million - dropped), 5);
  });

  test.each([
    [0.001, 3],
    [0.1, 2],
    [0.3, 5],
  ])('dropBlock2d drops a pixel of the inside with probability 1 − (1 − γ)^k²: p = %s, k = %i', (p, k) => {
    const [samples, side] = [64, 125];
    const gamma = (p * side * side) / (k * k * (side - k + 1) ** 2);
    const { data } = F.dropBlock2d(ones([samples, 4, side, side]), { p, blockSize: k });
    // Pixels k apart are covered by blocks of different seeds, so they are independent.
    let [dropped, seen] = [0, 0];
    for (let image = 0; image < samples * 4; image++) {
      for (let i = k - 1; i <= side - k; i += k) {
        for (let j = k - 1; j <= side - k; j += k) {
          if (data[(image * side + i) * side + j] === 0) dropped++;
          seen++;
        }
      }
    }
    expect(seen).toBeGreaterThan(100_000);
    expectShare(dropped, seen, 1 - (1 - gamma) ** (k * k));
  });

  test.each([0.05, 0.5, 0.9])('concreteDropout with p = %s has z above a half with probability p', (p) => {
    const layer = new nn.ConcreteDropout(p);
    const { data } = layer.forward(ones([1000, 1000]));
    expectShare(
      count(data, (value) => value * (1 - p) < 0.5),
      million,
      p,
    );
    // The lower the temperature, the closer to 0 and 1.
    const cold = new nn.ConcreteDropout(p, { temperature: 0.01 }).forward(ones([1000, 1000])).data;
    const between = (values: ArrayLike<number>) => count(values, (v) => v * (1 - p) > 0.01 && v * (1 - p) < 0.99);
    expect(between(cold)).toBeLessThan(between(data) / 5);
    expectShare(
      count(cold, (value) => value * (1 - p) < 0.5),
      million,
      p,
    );
  });

  test('multi-sample dropout of S samples has the mean 1 and a variance of p/((1 − p)·S)', () => {
    const [S, p] = [4, 0.5];
    const layer = new nn.MultiSampleDropout(new nn.Identity(), { samples: S, p });
    // Binomial of S halves, times 2/S: the fourth central moment is 3σ⁴ − 2σ⁴/S.
    const variance = 1 / S;
    const fourth = (3 - 2 / S) * variance ** 2;
    expectMoments(layer.forward(ones([1000, 1000])).data, { mean: 1, variance, fourth });
  });
});

/** Each member as a function of a batch of ones, [B, 4, 16, 16]; 1 where an element is (nearly) kept. */
const members: Record<string, (x: Tensor) => Tensor> = {
  noise: noiseLike,
  dropBlock2d: (x) => F.dropBlock2d(x, { p: 0.5, blockSize: 1 }),
  concreteDropout: (x) => F.concreteDropout(x, zeros([1])),
  multiSample: (x) => new nn.MultiSampleDropout(new nn.Identity(), { samples: 2 }).forward(x),
};

describe.each(Object.entries(members))('%s', (name, member) => {
  const [batch, perSample] = [256, 1024];
  const shape = [batch, 4, 16, 16] as const;
  const expectUncorrelated = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    expect(a.length).toBeGreaterThan(100_000);
    expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(a.length));
  };
  const program = (options: { shards: number; batch?: number; seed?: number }) => {
    const { shards, batch: samples = batch, seed = 5 } = options;
    const x = inputTensor('x', { shape: [samples, 4, 16, 16], dtype: 'f32' });
    const [first, second] = traceWith(seed, () => [member(x), member(x)]) as [Tensor, Tensor];
    const compiled = programOf([x, first, second], { batch: samples, shards });
    return (step: number, order?: (tasks: number) => readonly number[]) => {
      compiled.data(x).fill(1);
      compiled.step(step, order);
      return [compiled.data(first).slice(), compiled.data(second).slice()] as const;
    };
  };

  test('does not correlate between steps, calls and samples', () => {
    const run = program({ shards: 4 });
    const [[now, call], [later]] = [run(0), run(1)];
    expectUncorrelated(now, call);
    expectUncorrelated(now, later);
    for (const distance of [1, 2, 64])
      expectUncorrelated(now.subarray(0, (batch - distance) * perSample), now.subarray(distance * perSample));
    expect(program({ shards: 4 })(0)[0]).toEqual(now);
    expectUncorrelated(now, program({ shards: 4, seed: 6 })(0)[0]);
  });

  test.each([3, 7, 10])('has the same bits for 1 and %i shards, in any order of tasks, and eagerly', (shards) => {
    const backwards = (tasks: number) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i);
    const whole = program({ shards: 1, batch: 10 });
    const cut = program({ shards, batch: 10 });
    for (const step of [0, 1, 4_000_000_000]) expect(cut(step, backwards)).toEqual(whole(step));
    manualSeed(5);
    expect(member(ones([10, ...shape.slice(1)])).data.slice()).toEqual(whole(0)[0]);
  });

  test('of scope worker depends on the shards', () => {
    if (name === 'noise') return;
    const drawn = [1, 2].map((shards) => {
      const x = inputTensor('x', { shape, dtype: 'f32' });
      const scoped: Record<string, () => Tensor> = {
        dropBlock2d: () => F.dropBlock2d(x, { p: 0.5, blockSize: 1, scope: 'worker' }),
        concreteDropout: () => F.concreteDropout(x, zeros([1]), { scope: 'worker' }),
        multiSample: () => new nn.MultiSampleDropout(new nn.Identity(), { scope: 'worker' }).forward(x),
      };
      const y = traceWith(5, scoped[name]!);
      const compiled = programOf([x, y], { batch, shards });
      compiled.data(x).fill(1);
      compiled.step(0);
      return compiled.data(y).slice();
    });
    const half = (batch / 2) * perSample;
    // The first shard starts the same; the second one is another stream.
    expect(correlation(drawn[0]!.subarray(0, half), drawn[1]!.subarray(0, half))).toBeGreaterThan(0.99);
    expectUncorrelated(drawn[0]!.subarray(half), drawn[1]!.subarray(half));
  });
});

describe('dropConnect', () => {
  const weight = ones([1000, 300]);

  test('is cut into tiles of whole rows, which any task may draw, and does not depend on the shards', () => {
    const results = [1, 3, 7].map((shards) => {
      const x = inputTensor('x', { shape: [12, 300], dtype: 'f32' });
      const y = traceWith(5, () => F.linear(x, F.dropConnect(weight, { p: 0.3 })));
      const program = programOf([x, y], { batch: 12, shards });
      // 1000 rows in tiles of 64: 16 to draw, 16 to pack; then one a shard.
      expect(program.tasks).toBe(32 + shards);
      program.data(x).fill(1);
      program.step(3, (tasks) => Array.from({ length: tasks }, (_, i) => tasks - 1 - i));
      return program.data(y).slice();
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(new Set(results[0]!.subarray(0, 1000)).size).toBeGreaterThan(20);
  });

  test('has the mask of its rows, whatever tile draws them, and whatever the scope', () => {
    const mask = maskOf(F.dropConnect(ones([200, 300]), { p: 0.3, seed: 12 }));
    expect(mask).toEqual(expectedMask({ seed: 12, rows: 200, n: 300, p: 0.3 }));
    const ofWorkers = [1, 4].map((shards) => {
      const x = inputTensor('x', { shape: [8, 300], dtype: 'f32' });
      const y = traceWith(5, () => F.linear(x, F.dropConnect(weight, { scope: 'worker' })));
      const program = programOf([x, y], { batch: 8, shards });
      program.data(x).fill(1);
      program.step(0);
      return program.data(y).slice();
    });
    expect(ofWorkers[1]).toEqual(ofWorkers[0]);
  });

  test('does not correlate between steps, calls and rows', () => {
    const [a, b] = traceWith(5, () => [F.dropConnect(weight), F.dropConnect(weight)]) as [Tensor, Tensor];
    const program = programOf([a, b]);
    const drawn = [0, 1].map((step) => {
      program.step(step);
      return [program.data(a).slice(), program.data(b).slice()] as const;
    });
    const [[now, call], [later]] = drawn as [(typeof drawn)[0], (typeof drawn)[0]];
    for (const other of [call, later, now.subarray(300), now.subarray(64 * 300)])
      expect(Math.abs(correlation(now.subarray(0, other.length), other))).toBeLessThan(5 / Math.sqrt(other.length));
  });
});
