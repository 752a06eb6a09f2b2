/** Cases of running results, order, triangles, and elements by number. */
import fc from 'fast-check';
import { scatterOps } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, range, size, small } from './case.ts';

const cumulativeSum: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const x = arena.floats(rows * n, draw(floatKind));
  return { args: [x, draw(flag) === 1 ? x : arena.space(4 * rows * n), rows, n, draw(flag)] };
};

const cumulativeProduct: Case = (draw, arena) => ({ args: cumulativeSum(draw, arena).args.slice(0, 4) });

const cumulativeProductGrad: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [dy, x] = [arena.floats(rows * n, draw(floatKind)), arena.floats(rows * n, draw(floatKind))];
  return { args: [dy, x, arena.space(4 * rows * n), rows, n] };
};

/** Values with ties, so that the order of equal ones shows. */
const argSort: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(() => fc.oneof(fc.integer({ min: 1, max: 9 }), size()))];
  const value = fc.constantFrom(-1, 0, -0, 1, 2, Number.NaN);
  const ties = () => draw(() => fc.array(value, { minLength: rows * n, maxLength: rows * n }));
  const x = draw(flag) ? arena.floatValues(ties()) : arena.floats(rows * n, 'special');
  const tmp = arena.space(4 * n);
  return { args: [x, arena.space(4 * rows * n), rows, n, draw(flag), tmp], ignored: [{ at: tmp, bytes: 4 * n }] };
};

/** Numbers of elements, some of which do not exist, and their strides: one for each element, or one for each l. */
function numbers(draw: Draw, arena: Arena, extents: { outer: number; length: number; inner: number; choice: number }) {
  const { outer, length, inner, choice } = extents;
  const shared = draw(flag) === 1;
  const count = shared ? length : outer * length * inner;
  const number = () => fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: choice - 1 }) }, fc.constantFrom(-1, choice, 2 ** 31 - 1)); // biome-ignore format: one line
  const list = draw(() => fc.array(number(), { minLength: count, maxLength: count }));
  return { index: arena.ints(list), strides: shared ? [0, 1, 0] : [length * inner, inner, 1] };
}

const gatherAxis: Case = (draw, arena) => {
  const [outer, xLength, length, inner] = [draw(small), draw(small), draw(few), draw(small)];
  const x = arena.floats(outer * xLength * inner, 'special');
  const { index, strides } = numbers(draw, arena, { outer, length, inner, choice: xLength });
  const { start, count } = range(draw, outer * length * inner);
  return { args: [x, index, arena.space(4 * count), xLength, length, inner, ...strides, start, count] };
};

const scatterAxis: Case = (draw, arena) => {
  const [outer, outLength, length, inner] = [draw(small), draw(small), draw(few), draw(small)];
  const x = draw(flag) === 1 ? arena.floats(outer * outLength * inner, 'special') : 0;
  const src = arena.floats(outer * length * inner, draw(floatKind));
  const { index, strides } = numbers(draw, arena, { outer, length, inner, choice: outLength });
  const { start, count } = range(draw, outer * inner);
  const out = arena.space(4 * outer * outLength * inner);
  const op = draw(() => fc.constantFrom(...Object.values(scatterOps)));
  return { args: [op, x, index, src, out, outLength, length, inner, ...strides, start, count] };
};

const triangle: Case = (draw, arena) => {
  const [matrices, rows, columns] = [draw(small), draw(small), draw(small)];
  const { start, count } = range(draw, matrices * rows * columns);
  const x = arena.floats(count, 'special');
  const diagonal = draw(() => fc.integer({ min: -7, max: 7 }));
  return { args: [x, draw(flag) ? x : arena.space(4 * count), rows, columns, diagonal, draw(flag), start, count] };
};

export const rowCases = {
  cumulativeSum,
  cumulativeProduct,
  cumulativeProductGrad,
  argSort,
  gatherAxis,
  scatterAxis,
  triangle,
} satisfies Record<string, Case>;
