/** Cases of the reductions: any cut of the results into calls. */
import fc from 'fast-check';
import { f32Bits } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, range, size, small } from './case.ts';

function middleAxis(draw: Draw, arena: Arena): number[] {
  const [outer, length] = [draw(small), draw(size)];
  const inner = draw(() => fc.oneof(fc.constantFrom(1, 2, 3, 4, 5, 8), fc.integer({ min: 1, max: 20 })));
  const x = arena.floats(outer * length * inner, draw(floatKind));
  const { start, count } = range(draw, outer * inner);
  return [x, arena.space(4 * count), length, inner, start, count];
}

const reduceSum: Case = (draw, arena) => ({
  args: [...middleAxis(draw, arena), f32Bits(draw(() => fc.constantFrom(1, -0.1, 1 / 3)))],
});
const reduceMax: Case = (draw, arena) => ({ args: middleAxis(draw, arena) });

const sumRows: Case = (draw, arena) => {
  const rows = draw(() => fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(255, 256, 257, 512, 700)));
  const n = draw(size);
  const stride = 4 * (n + draw(few));
  return { args: [arena.floats((rows * stride) / 4, draw(floatKind)), stride, rows, n, arena.floats(n), draw(flag)] };
};

export const reduceCases = { reduceSum, reduceProd: reduceMax, reduceMax, argMax: reduceMax, sumRows } satisfies Record<
  string,
  Case
>;
