/** The members that decide on groups of elements, in compiled programs: under schedules, in tiles, and what the planner knows of zeros. */
import {
  type DropoutSchedule,
  defaultArena,
  F,
  gradients,
  inputTensor,
  manualSeed,
  ones,
  RateTable,
  Tensor,
  tensor,
  traceWith,
} from '@lockstep/core';
import { hashUniform } from '@lockstep/testkit';
import { beforeEach, describe, expect, test } from 'vitest';
import { mayBeSparse } from '../src/graph/sparsity.ts';
import { rateWords } from '../src/ops/dropout-rate.ts';
import { programOf } from './program.ts';

beforeEach(() => manualSeed(0));

describe('under a schedule', () => {
  const schedule: DropoutSchedule = { kind: 'linear', steps: 2 };
  const members = {
    alphaDropout: (x: Tensor) => F.alphaDropout(x, { p: 0.5, training: true }),
    gaussianDropout: (x: Tensor) => F.gaussianDropout(x, { p: 0.5 }),
    dropPath: (x: Tensor) => F.dropPath(x, { p: 0.5 }),
  };

  test.each(Object.entries(members))('%s and its gradient follow p, down to the identity', (name, member) => {
    const arena = defaultArena();
    const block = arena.allocate(4 * RateTable.words);
    const rates = new RateTable(block.offsetBytes);
    const x = inputTensor('x', { shape: [40, 30], dtype: 'f32' });
    const upstream = ones([40, 30]);
    const [y, dx] = traceWith(
      5,
      () => {
        const output = member(x);
        return [output, new Tensor(gradients(output.node, upstream.node, [x.node])[0]!)];
      },
      { rates, schedule },
    ) as [Tensor, Tensor];
    const program = programOf([x, y, dx], { batch: 40, shards: 3 });
    const at = (step: number) => {
      rates.fill(step, new Uint32Array(arena.memory.buffer, block.offsetBytes, RateTable.words));
      program.data(x).fill(1);
      program.step(step);
      return { y: [...program.data(y)], dx: [...program.data(dx)] };
    };
    for (const step of [0, 1]) {
      const result = at(step);
      if (name === 'gaussianDropout') {
        const sigma = Math.sqrt([1, 1 / 3][step]!);
        const spread = Math.sqrt(result.y.reduce((sum, value) => sum + (value - 1) ** 2, 0) / 1200);
        expect(Math.abs(spread / sigma - 1)).toBeLessThan(5 / Math.sqrt(2 * 1200));
        expect(result.dx).toEqual(result.y);
        continue;
      }
      const kind = name === 'alphaDropout' ? 'alpha' : 'inverted';
      const words = rateWords(kind, [0.5, 0.25][step]!);
      const [, scale, offset, dropped] = new Float32Array(words.buffer) as unknown as [number, number, number, number];
      const kept = Math.fround(scale + offset);
      expect(new Set(result.y)).toEqual(new Set([kept, dropped]));
      expect(result.dx).toEqual(result.y.map((value) => (value === kept ? scale : 0)));
    }
    expect(new Set(at(2).y)).toEqual(new Set([1]));
    expect(new Set(at(2).dx)).toEqual(new Set([1]));
    arena.free(block);
  });
});

describe('the compiler', () => {
  const draws = {
    dropout2d: (x: Tensor) => F.dropout2d(x, { p: 0.5, seed: 1 }),
    alphaDropout: (x: Tensor) => F.alphaDropout(x, { p: 0.5, seed: 1, training: true }),
    gaussianDropout: (x: Tensor) => F.gaussianDropout(x, { p: 0.5, seed: 1 }),
  };

  test.each(Object.entries(draws))(
    'cuts %s of a whole batch into tiles, with the values of one piece',
    (name, draw) => {
      // The others would need conversions of images, tasks of their own.
      const shape = name === 'dropout2d' ? [256, 8, 4, 4] : [256, 128];
      const x = tensor(hashUniform('tiles', 256 * 128), { shape });
      const inPieces = traceWith(1, () => draw(x));
      // The constant is not split by samples, so the op runs on the whole batch.
      const program = programOf([inPieces]);
      program.step(0, (tasks) => Array.from({ length: tasks }, (_task, i) => tasks - 1 - i));
      expect(program.tasks).toBe(2);
      const samples = inputTensor('samples', { shape, dtype: 'f32' });
      const bySamples = traceWith(1, () => draw(samples));
      const other = programOf([samples, bySamples], { batch: 256, shards: 5 });
      other.data(samples).set(x.data);
      other.step(0);
      expect(program.data(inPieces)).toEqual(other.data(bySamples));
    },
  );

  test('knows where zeros are many', () => {
    const x = inputTensor('x', { shape: [4, 6, 2, 2], dtype: 'f32' });
    const sparse = (y: Tensor) => mayBeSparse(y.node);
    expect(sparse(F.dropout2d(x, { p: 0.4 }))).toBe(true);
    expect(sparse(F.dropPath(x, { p: 0.5 }))).toBe(true);
    expect(sparse(F.dropout2d(x, { p: 0.3 }))).toBe(false);
    expect(sparse(F.dropout2d(x.relu(), { p: 0.1 }))).toBe(true);
    expect(sparse(F.gaussianDropout(x.relu(), { p: 0.5 }))).toBe(true);
    expect(sparse(F.gaussianDropout(x, { p: 0.5 }))).toBe(false);
    const alpha = F.alphaDropout(x.relu(), { p: 0.5, training: true });
    expect(sparse(alpha)).toBe(false);
    expect(mayBeSparse(gradients(alpha.node, ones([4, 6, 2, 2]).node, [x.node])[0]!)).toBe(true);
  });
});
