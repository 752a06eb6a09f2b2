/** Cases of the elementwise kernels: every operation, in place and not, special values everywhere. */
import fc from 'fast-check';
import { binaryOps, castOps, unaryOps } from '../../src/index.ts';
import { type Case, few, flag, floatKind, size } from './case.ts';

const operation = (ops: Record<string, number>) => (): fc.Arbitrary<number> => fc.constantFrom(...Object.values(ops));

const unary: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const x = arena.floats(n, draw(floatKind));
  return { args: [draw(operation(unaryOps)), x, draw(flag) === 1 ? x : arena.space(4 * n), n] };
};

const binary: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const [a, b] = [arena.floats(n, draw(floatKind)), arena.floats(n, draw(floatKind))];
  const out = draw(() => fc.constantFrom(a, b, arena.space(4 * n)));
  return { args: [draw(operation(binaryOps)), a, b, out, n] };
};

const binaryPeriodic: Case = (draw, arena) => {
  const [n, period] = [draw(few) * draw(size), draw(size)];
  const [a, b] = [arena.floats(n, draw(floatKind)), arena.floats(period, draw(floatKind))];
  return { args: [draw(operation(binaryOps)), a, b, draw(flag) === 1 ? a : arena.space(4 * n), n, period] };
};

const cast: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const op = draw(operation(castOps));
  const x = op === castOps.f32ToI32 ? arena.floats(n, 'special') : arena.bytes(4 * n);
  return { args: [op, x, arena.space(4 * n), n] };
};

const select: Case = (draw, arena) => {
  const n = draw(size) + draw(few) - 1;
  const condition = arena.floats(
    n,
    draw(() => fc.constantFrom('special', 'ordinary')),
  );
  const [aStride, bStride] = [draw(flag) * 4, draw(flag) * 4];
  const [a, b] = [aStride, bStride].map((stride) => arena.floats(stride === 0 ? 1 : n, 'special')) as [number, number];
  const out = draw(() =>
    fc.constantFrom(condition, aStride ? a : condition, bStride ? b : condition, arena.space(4 * n)),
  );
  return { args: [condition, a, aStride, b, bStride, out, n] };
};

export const elementwiseCases = { unary, binary, binaryPeriodic, select, cast } satisfies Record<string, Case>;
