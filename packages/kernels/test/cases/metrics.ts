/** Cases of what evaluation counts and keeps. */
import fc from 'fast-check';
import { type Case, few, floatKind, size } from './case.ts';

const topKCorrect: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  // Some scores are level.
  for (let i = 0; i + 1 < rows * n; i += 3) arena.f32[x / 4 + i + 1] = arena.f32[x / 4 + i]!;
  return {
    args: [x, arena.indices(rows, n), arena.space(4 * rows), rows, n, draw(() => fc.integer({ min: 1, max: n }))],
  };
};

const confusionCounts: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  return { args: [x, arena.indices(rows, n), arena.indices(n * n, 1000), rows, n] };
};

const storeBatch: Case = (draw, arena) => {
  const [bytes, step] = [draw(size), draw(() => fc.integer({ min: 0, max: 3 }))];
  const stepBytes = bytes + draw(few);
  return { args: [arena.bytes(bytes), arena.space(step * stepBytes + bytes), bytes, arena.ints([step]), stepBytes] };
};

export const metricCases = { topKCorrect, confusionCounts, storeBatch } satisfies Record<string, Case>;
