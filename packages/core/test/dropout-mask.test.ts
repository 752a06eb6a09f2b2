/** Which elements dropout drops: by seed, call, step, sample and element alone, however the batch is cut. */
import { F, inputTensor, manualSeed, ones, type Tensor, traceWith, workerSeed } from '@lockstep/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { expectedMask, maskOf } from './dropout-reference.ts';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(0));

describe('the mask', () => {
  test.each([
    { shape: [], rows: 1, n: 1 },
    { shape: [70], rows: 70, n: 1 },
    { shape: [3, 100], rows: 3, n: 100 },
    { shape: [3, 5, 7], rows: 3, n: 35 },
    { shape: [2, 1, 2, 2, 9], rows: 2, n: 36 },
  ])('of shape $shape is that of Philox over rows of axis 0, element by element', ({ shape, rows, n }) => {
    const y = F.dropout(ones(shape), { p: 0.3, seed: 99 });
    expect(maskOf(y)).toEqual(expectedMask({ seed: 99, rows, n, p: 0.3 }));
  });

  test('of images [B, C, H, W] numbers the elements channels-last', () => {
    const [b, c, h, w] = [2, 3, 4, 5] as const;
    const channelsLast = expectedMask({ seed: 7, rows: b, n: c * h * w, p: 0.5 });
    const y = maskOf(F.dropout(ones([b, c, h, w]), { seed: 7 }));
    for (let s = 0; s < b; s++) {
      for (let channel = 0; channel < c; channel++) {
        for (let pixel = 0; pixel < h * w; pixel++) {
          expect(y[(s * c + channel) * h * w + pixel]).toBe(channelsLast[s * c * h * w + pixel * c + channel]);
        }
      }
    }
  });

  test('is the same for one seed and another for another, the high word of the seed included', () => {
    const mask = (seed: number | bigint) => maskOf(F.dropout(ones([4, 64]), { p: 0.5, seed })).join();
    manualSeed(0);
    const first = mask(1);
    manualSeed(0);
    expect(mask(1)).toBe(first);
    expect(new Set([first, mask(2), mask(1n + 2n ** 32n), mask(2n ** 63n)]).size).toBe(4);
  });

  test('follows manualSeed, and the number of the call', () => {
    const call = () => maskOf(F.dropout(ones([2, 40]), { p: 0.5 }));
    manualSeed(12);
    const masks = [call(), call(), call()];
    masks.forEach((mask, site) => {
      expect(mask).toEqual(expectedMask({ seed: 12, rows: 2, n: 40, p: 0.5, site }));
    });
    manualSeed(12);
    expect(call()).toEqual(masks[0]);
  });

  test('of a later call does not move when an earlier call has p = 0, and evaluation does not count', () => {
    const second = (p: number) => {
      manualSeed(3);
      F.dropout(ones([8]), { p });
      F.dropout(ones([8]), { training: false });
      return maskOf(F.dropout(ones([2, 40]), { p: 0.5 }));
    };
    expect(second(0)).toEqual(second(0.9));
    expect(second(0)).toEqual(expectedMask({ seed: 3, rows: 2, n: 40, p: 0.5, site: 1 }));
  });
});

describe('in a program', () => {
  const shape = [10, 3, 2, 2] as const;
  function traced(scope: 'sample' | 'worker', shards: number): (step: number) => boolean[][] {
    const x = inputTensor('x', { shape, dtype: 'f32' });
    const rows = inputTensor('rows', { shape: [10, 50], dtype: 'f32' });
    const [images, flat] = traceWith(21, () => [
      F.dropout(x, { p: 0.4, scope }),
      F.dropout(rows, { p: 0.4, scope }),
    ]) as [Tensor, Tensor];
    const program = programOf([x, rows, images, flat], { batch: 10, shards });
    return (step) => {
      program.data(x).fill(1);
      program.data(rows).fill(1);
      program.step(step);
      return [images, flat].map((y) => Array.from(program.data(y), (value) => value !== 0));
    };
  }

  test.each([1, 3, 7, 10])('the masks do not depend on a cut of the batch into %i shards', (shards) => {
    const run = traced('sample', shards);
    for (const step of [0, 1, 4_000_000_000]) {
      const [images, flat] = run(step);
      expect(images).toEqual(traced('sample', 1)(step)[0]);
      expect(flat).toEqual(expectedMask({ seed: 21, rows: 10, n: 50, p: 0.4, site: 1, step }));
    }
  });

  test.each([1, 3, 7])(
    'scope worker keys the masks by workerSeed(seed, shard) and the row within it: %i shards',
    (shards) => {
      const [, flat] = traced('worker', shards)(2);
      const expected: boolean[] = [];
      for (let shard = 0; shard < shards; shard++) {
        const rows = Math.floor(10 / shards) + (shard < 10 % shards ? 1 : 0);
        expected.push(...expectedMask({ seed: workerSeed(21, shard), rows, n: 50, p: 0.4, site: 1, step: 2 }));
      }
      expect(flat).toEqual(expected);
    },
  );

  test('scope worker is the same for one shard count and another for another', () => {
    const masks = [1, 3, 7].map((shards) => traced('worker', shards)(0));
    expect(traced('worker', 3)(0)).toEqual(masks[1]);
    expect(new Set([...masks, traced('sample', 1)(0)].map((mask) => JSON.stringify(mask))).size).toBe(4);
  });

  test('a constant is dropped anew each step', () => {
    const y = traceWith(1, () => F.dropout(ones([2, 64]), { p: 0.5 }));
    const program = programOf([y]);
    const masks = [0, 1].map((step) => {
      program.step(step);
      return Array.from(program.data(y), (value) => value !== 0);
    });
    expect(masks[0]).toEqual(expectedMask({ seed: 1, rows: 2, n: 64, p: 0.5 }));
    expect(masks[1]).toEqual(expectedMask({ seed: 1, rows: 2, n: 64, p: 0.5, step: 1 }));
  });
});
