/** Cases of the running statistics. */
import fc from 'fast-check';
import { type Case, few, flag, floatKind, size } from './case.ts';

const welford: Case = (draw, arena) => {
  const n = draw(size) - 1;
  const width = n + draw(few);
  const row = draw(() => fc.integer({ min: 0, max: 3 }));
  const elements = row * width + n;
  const [x, mean] = [arena.floats(n, draw(floatKind)), arena.floats(elements, draw(floatKind))];
  const m2 = draw(flag) === 1 ? arena.floats(elements) : 0;
  const before = draw(() => fc.oneof(fc.constantFrom(0, 1, 2), fc.integer({ min: 0, max: 70_000 })));
  return { args: [x, mean, m2, n, width, arena.ints([before, row])] };
};

export const welfordCases = { welford } satisfies Record<string, Case>;
