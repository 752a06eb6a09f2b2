/** Cases of elementwise losses and of the negative log-likelihood, ignored and impossible targets among them. */
import fc from 'fast-check';
import { f32Bits, pairLossOps } from '../../src/index.ts';
import type { Arena } from '../arena.ts';
import { type Case, type Draw, few, flag, floatKind, size } from './case.ts';

const operation = (): fc.Arbitrary<number> => fc.constantFrom(...Object.values(pairLossOps));
const parameter = (): fc.Arbitrary<number> => fc.constantFrom(0.5, 1, 0.01, 3).map(f32Bits);

const pairLoss: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const [x, t] = [arena.floats(n, draw(floatKind)), arena.floats(n, draw(floatKind))];
  return { args: [draw(operation), x, t, arena.space(4 * n), n, draw(parameter)] };
};

const pairLossGrad: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const [dy, x, t] = [0, 1, 2].map(() => arena.floats(n, draw(floatKind))) as [number, number, number];
  return { args: [draw(operation), dy, x, t, arena.space(4 * n), n, draw(parameter)] };
};

const ignored = -2;

/** Class numbers below n, with some from −3 on and one too large. */
function targets(draw: Draw, arena: Arena, rows: number, n: number): number {
  return arena.ints(draw(() => fc.array(fc.integer({ min: -3, max: n }), { minLength: rows, maxLength: rows })));
}

const weight = (draw: Draw, arena: Arena, n: number): number =>
  draw(flag) === 1 ? arena.floats(n, draw(floatKind)) : 0;

const nllLoss: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [x, t] = [arena.floats(rows * n, draw(floatKind)), targets(draw, arena, rows, n)];
  return { args: [x, t, weight(draw, arena, n), arena.space(4 * rows), rows, n, ignored] };
};

const nllLossGrad: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const [dloss, t] = [arena.floats(rows, draw(floatKind)), targets(draw, arena, rows, n)];
  return { args: [dloss, t, weight(draw, arena, n), arena.space(4 * rows * n), rows, n, ignored] };
};

const targetWeights: Case = (draw, arena) => {
  const [rows, n] = [draw(few), draw(size)];
  const t = targets(draw, arena, rows, n);
  return { args: [t, weight(draw, arena, n), arena.space(4 * rows), rows, n, ignored] };
};

export const lossCases = { pairLoss, pairLossGrad, nllLoss, nllLossGrad, targetWeights } satisfies Record<string, Case>;
