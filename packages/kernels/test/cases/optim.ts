/** Cases of the optimizer steps: every branch of their formulas. */
import fc from 'fast-check';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, size } from './case.ts';

const orZero = (draw: Draw, value: number): number => draw(() => fc.constantFrom(0, value));

function makePositive(arena: Arena, at: number, n: number): void {
  for (let i = at / 4; i < at / 4 + n; i++) arena.f32[i] = Math.abs(arena.f32[i]!);
}

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
  makePositive(arena, v, n);
  const kept = draw(flag) ? 1 : 1 - 1e-5;
  const hyper = [0.01, 0.1, 0.999, 0.001, 1e-8, orZero(draw, 0.01), kept, Math.sqrt(0.001)];
  return { args: [w, g, m, v, n, arena.floatValues(hyper)] };
};

/** Operands of n floats: the weight, the gradient, then states, of which some are never below zero. */
function operands(draw: Draw, arena: Arena, states: readonly ('any' | 'positive')[]): { n: number; at: number[] } {
  const n = draw(size) + draw(few) - 1;
  const at = [arena.floats(n), arena.floats(n, draw(floatKind))];
  for (const kind of states) {
    const state = arena.floats(n);
    if (kind === 'positive') makePositive(arena, state, n);
    at.push(state);
  }
  return { n, at };
}

const amsgrad: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['any', 'positive', 'positive']);
  const kept = draw(flag) ? 1 : 1 - 1e-5;
  const hyper = [0.01, 0.1, 0.999, 0.001, 1e-8, orZero(draw, 0.01), kept, Math.sqrt(0.001)];
  return { args: [...at, n, arena.floatValues(hyper)] };
};

const nadam: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['any', 'positive']);
  const hyper = [0.002, 0.01, 0.9, 0.1, 0.999, 0.001, 1e-8, orZero(draw, 0.01), 0.002];
  return { args: [...at, n, arena.floatValues(hyper)] };
};

const radam: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['any', 'positive']);
  const hyper = [0.002, draw(flag), 0.9, 0.1, 0.999, 0.001, 1e-8, orZero(draw, 0.01)];
  return { args: [...at, n, arena.floatValues(hyper)] };
};

const adamax: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['any', 'positive']);
  return { args: [...at, n, arena.floatValues([0.002, 0.9, 0.1, 0.999, 1e-8, orZero(draw, 0.01)])] };
};

const lion: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['any']);
  return { args: [...at, n, arena.floatValues([1e-3, 0.9, 0.1, 0.99, 0.01, draw(flag) ? 1 : 1 - 1e-5])] };
};

const rmsprop: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['positive', 'any', 'any']);
  const [w, g, v, a, b] = at as [number, number, number, number, number];
  const hyper = [0.01, 0.99, 0.01, 1e-8, orZero(draw, 0.01), 0.9];
  return { args: [w, g, v, draw(flag) ? a : 0, draw(flag) ? b : 0, n, arena.floatValues(hyper)] };
};

const adagrad: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['positive']);
  return { args: [...at, n, arena.floatValues([0.01, 1e-10, orZero(draw, 0.01)])] };
};

const adadelta: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['positive', 'positive']);
  return { args: [...at, n, arena.floatValues([1, 0.9, 0.1, 1e-6, orZero(draw, 0.01)])] };
};

const muonMomentum: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, ['any']);
  const [, g, m] = at as [number, number, number];
  return { args: [g, m, arena.floats(n), n, arena.floatValues([0.05, 0.95, draw(flag)])] };
};

const muon: Case = (draw, arena) => {
  const { n, at } = operands(draw, arena, []);
  return { args: [...at, n, arena.floatValues([0.02, draw(flag) ? 1 : 1 - 1e-3])] };
};

const sumSquares: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  return { args: [arena.floats(n, draw(floatKind)), n, arena.space(4)] };
};

const clipFactor: Case = (draw, arena) => {
  const n = draw(size);
  const parts = arena.floats(n, draw(floatKind));
  if (draw(flag)) makePositive(arena, parts, n);
  return { args: [parts, n, arena.floatValues([draw(() => fc.constantFrom(0.5, Math.sqrt(n), 100))]), arena.space(8)] };
};

const flagNonFinite: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const values = draw(() =>
    fc.array(fc.constantFrom<number>(0, -0, 1, 3.4e38, -3.4e38, 1e-45), { minLength: n, maxLength: n }),
  );
  const wrong = draw(() => fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY));
  if (wrong !== undefined && n > 0) values[draw(() => fc.nat(n - 1))] = wrong;
  return { args: [arena.floatValues(values), n, arena.floatValues([draw(flag) ? 0 : 7])] };
};

const average: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const weight = arena.floatValues([draw(() => fc.constantFrom(0, 1, 0.001, 0.25))]);
  return { args: [arena.floats(n), arena.floats(n, draw(floatKind)), n, weight] };
};

const limitRowNorms: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  // Norms of ordinary rows are about √n: some limits bind, some do not.
  const limit = arena.floatValues([draw(() => fc.constantFrom(0, 0.5, Math.sqrt(n), 100))]);
  return { args: [arena.floats(rows * n, draw(floatKind)), rows, n, limit] };
};

export const optimCases = {
  sgd,
  adam,
  amsgrad,
  nadam,
  radam,
  adamax,
  lion,
  rmsprop,
  adagrad,
  adadelta,
  muonMomentum,
  muon,
  sumSquares,
  clipFactor,
  flagNonFinite,
  average,
  limitRowNorms,
} satisfies Record<string, Case>;
