/** Cases of the optimizer steps: every branch of their formulas. */
import fc from 'fast-check';
import { type Case, type Draw, few, flag, floatKind, size } from './case.ts';

const orZero = (draw: Draw, value: number): number => draw(() => fc.constantFrom(0, value));

const sgd: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const [w, g, m] = [arena.floats(n), arena.floats(n, draw(floatKind)), arena.floats(n)];
  const momentum = orZero(draw, 0.9);
  const hyper = [0.1, momentum, draw(flag) ? 1 : 0.7, orZero(draw, 0.01), draw(flag), draw(flag)];
  return { args: [w, g, momentum === 0 ? 0 : m, n, arena.floatValues(hyper)] };
};

const adam: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const [w, g, m] = [arena.floats(n), arena.floats(n, draw(floatKind)), arena.floats(n)];
  const v = arena.floats(n);
  for (let i = 0; i < n; i++) arena.f32[v / 4 + i] = Math.abs(arena.f32[v / 4 + i]!);
  const kept = draw(flag) ? 1 : 1 - 1e-5;
  const hyper = [0.01, 0.1, 0.999, 0.001, 1e-8, orZero(draw, 0.01), kept, Math.sqrt(0.001)];
  return { args: [w, g, m, v, n, arena.floatValues(hyper)] };
};

const limitRowNorms: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  // Norms of ordinary rows are about √n: some limits bind, some do not.
  const limit = arena.floatValues([draw(() => fc.constantFrom(0, 0.5, Math.sqrt(n), 100))]);
  return { args: [arena.floats(rows * n, draw(floatKind)), rows, n, limit] };
};

export const optimCases = { sgd, adam, limitRowNorms } satisfies Record<string, Case>;
